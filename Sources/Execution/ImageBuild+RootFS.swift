internal import FileSystem
internal import Sandbox
internal import Storage
internal import SystemPackage

/// Root file systems of stages: seen, changed, read from.
extension ImageBuild {
    /// Runs `change` on the root file system of a state; what it changes is the step's work.
    func change(_ state: StageState, _ change: (OpenFile) throws -> Void) throws -> StepWork {
        let overlay = try prepareOverlay(state)
        try withMergedView(lowers: overlay.lowers, upper: overlay.upper, work: overlay.work) { root in
            try change(OpenFile(borrowing: root))
        }
        try stores.layers.discard(overlay.work)
        return StepWork(upper: overlay.upper, lowers: overlay.lowers)
    }

    /// The root file system of some layers, to read.
    func withView<Result>(of layers: [ChainLayer], _ body: (OpenFile) throws -> Result) throws -> Result {
        try withMergedView(lowers: directories(of: layers)) { try body(OpenFile(borrowing: $0)) }
    }

    /// The users and groups that the root file system of a state has now.
    func users(of state: StageState) throws -> UserDatabase {
        try withView(of: state.layers) { root in
            UserDatabase(passwd: try root.text(of: "etc/passwd"), group: try root.text(of: "etc/group"))
        }
    }

    struct Overlay {
        var lowers: [FilePath]
        var upper: FilePath
        var work: FilePath
    }

    func prepareOverlay(_ state: StageState) throws -> Overlay {
        Overlay(
            lowers: try directories(of: state.layers), upper: try drafts.make("upper"), work: try drafts.make("work"))
    }

    /// Topmost first; overlayfs needs one at least, so that nothing is an empty directory.
    func directories(of layers: [ChainLayer]) throws -> [FilePath] {
        let directories = try chain.directories(of: layers)
        return directories.isEmpty ? [try drafts.emptyFolder()] : directories
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
