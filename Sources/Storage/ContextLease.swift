internal import FileSystem
public import SystemPackage

/// Keeps what was fetched for contexts from `prune`.
public struct ContextLease: Sendable {
    private let state: StateFolder
    private let marks: UseMarks

    /// For the run that has the folder, which was prepared.
    public init(_ state: StateFolder) throws(StorageError) {
        self.state = state
        marks = try UseMarks(state)
    }

    /// Keeps the context, `contexts/KIND/NAME`, that a path is or lies in; false if it was pruned meanwhile. Other paths
    /// need no keeping.
    public func keep(_ path: FilePath) throws(StorageError) -> Bool {
        let root = state.contexts
        guard path.starts(with: root) else { return true }
        let words = path.components.dropFirst(root.components.count).prefix(2).map(\.string)
        guard words.count == 2 else { return true }
        let folder = root.appending(words[0])
        let place: OpenFile
        do {
            place = try OpenFile.open(folder.string, [.read, .directory])
        } catch {
            if error.isNotFound { return false }
            throw .system(error, doing: "opening \(folder)")
        }
        return try storing("keeping \(path)") { () throws(SystemError) in
            let name = FileName(words[1])
            let mark = ContextMark.name(folder: words[0], name)
            return try marks.use(.contexts, mark, of: name, in: place) != nil
        }
    }
}
