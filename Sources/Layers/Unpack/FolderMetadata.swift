internal import FileSystem

/// Metadata of directories, which is set when all that is in them has been made: a directory may be closed to its own
/// writer, and making files in it changes its time.
struct FolderMetadata {
    struct Values {
        var permissions: UInt16
        var uid: UInt32
        var gid: UInt32
        var modified: FileTime
        var attributes: [ExtendedAttribute]
    }

    private typealias Tree = PathTree<Values>

    /// A directory on the way down.
    private struct Level {
        let name: FileName
        let place: Tree.Place
        /// Directories in it that are still to come.
        var rest: [(name: FileName, place: Tree.Place)]
    }

    private var tree = Tree()

    /// The last word on a directory counts.
    mutating func set(_ path: [FileName], _ new: Values) { tree.set(path, new) }

    /// What was said of a directory that is gone, and of those in it.
    mutating func remove(below path: [FileName]) { tree.remove(path) }

    /// Sets all, those inside others first, from directory to directory, however deep they are. `body` gets the path,
    /// for messages, the opened directory and its values.
    consuming func apply(in root: OpenFile, _ body: (() -> FileName, OpenFile, Values) throws -> Void) throws {
        var folder = try root.open(".", [.read, .directory])
        var levels = [Level(name: "", place: tree.root, rest: tree.children(of: tree.root))]
        while let deepest = levels.indices.last {
            if let next = levels[deepest].rest.popLast() {
                let child = try folder.open(next.name, [.read, .directory, .noFollow])
                // Most directories have none below them: no way back is needed.
                if tree.isLeaf(next.place) {
                    guard let values = tree.value(at: next.place) else { continue }
                    try body({ .joining(levels.dropFirst().map(\.name) + [next.name]) }, child, values)
                    continue
                }
                folder = child
                levels.append(Level(name: next.name, place: next.place, rest: tree.children(of: next.place)))
            } else {
                let done = levels[deepest]
                // The way back is opened before the directory may be closed to us.
                let above = deepest > 0 ? try folder.open("..", [.read, .directory]) : nil
                if let values = tree.value(at: done.place) {
                    try body({ .joining(levels.dropFirst().map(\.name)) }, folder, values)
                }
                levels.removeLast()
                if let above { folder = above }
            }
        }
    }
}
