internal import FileSystem

/// Root file systems of stages: seen, changed, read from.
extension ImageBuild {
    /// The root file system of some layers, to read.
    func withView<Result>(of layers: [ChainLayer], _ body: (OpenFile) throws -> Result) throws -> Result {
        try roots.withView(of: layers, body)
    }

    /// The users and groups that the root file system of a state has now.
    func users(of state: StageState) throws -> UserDatabase {
        try withView(of: state.layers) { root in
            UserDatabase(passwd: try root.text(of: "etc/passwd"), group: try root.text(of: "etc/group"))
        }
    }
}

extension OpenFile {
    /// The text of a small file inside this root, links followed; empty if there is none.
    fileprivate func text(of path: FileName) throws -> String {
        do throws(SystemError) {
            let bytes = try openInRoot(path, [.read, .nonBlocking]).readAll(limit: 16 << 20)
            return String(decoding: bytes ?? [], as: UTF8.self)
        } catch {
            guard error.isNotFound else { throw error }
            return ""
        }
    }
}
