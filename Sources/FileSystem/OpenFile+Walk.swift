internal import Glibc

extension OpenFile {
    /// Goes through this folder and those below it; a tree may be deeper than there are descriptors or stack.
    ///
    /// `enter` gets each folder when it is come to, open for reading, and says which folders in it are gone into; `leave`
    /// gets it when all of those are done with. Two descriptors are held however deep the tree is; no link is followed.
    ///
    /// A `tolerant` walk passes over folders that are closed to this user or gone, and ends early when one is moved
    /// elsewhere meanwhile; for others that is an error (EACCES, ENOENT, ESTALE).
    public func walk(
        tolerant: Bool = false, enter: (OpenFile) throws(SystemError) -> [FileName],
        leave: (OpenFile) throws(SystemError) -> Void = { (_) throws(SystemError) in }
    ) throws(SystemError) {
        var walk = try TreeWalk(open(".", [.read, .directory]), enter)
        do throws(SystemError) {
            while true {
                if let next = walk.takeNext() {
                    do throws(SystemError) {
                        try walk.goDown(to: next, enter)
                    } catch {
                        guard tolerant, error.code == EACCES || error.isNotFound else { throw error }
                    }
                } else {
                    try leave(walk.current)
                    guard try walk.goUp() else { return }
                }
            }
        } catch {
            guard tolerant, error.code == ESTALE else { throw error }
        }
    }
}

/// Where a walk is.
private struct TreeWalk {
    /// A folder on the way down, and those in it that are still to be gone into.
    private struct Level {
        var device: UInt64
        var inode: UInt64
        var folders: [FileName]
    }

    private var levels: [Level] = []
    /// The deepest level.
    private(set) var current: OpenFile

    init(_ folder: OpenFile, _ enter: (OpenFile) throws(SystemError) -> [FileName]) throws(SystemError) {
        current = folder
        try add(enter)
    }

    mutating func takeNext() -> FileName? {
        guard let last = levels.indices.last else { return nil }
        return levels[last].folders.popLast()
    }

    /// Only where there is a way back.
    mutating func goDown(
        to name: FileName, _ enter: (OpenFile) throws(SystemError) -> [FileName]
    ) throws(SystemError) {
        let above = current
        current = try above.open(name, [.read, .directory, .noFollow])
        do throws(SystemError) {
            _ = try current.open("..", [.pathOnly, .directory])
            try add(enter)
        } catch {
            current = above
            throw error
        }
    }

    private mutating func add(_ enter: (OpenFile) throws(SystemError) -> [FileName]) throws(SystemError) {
        let status = try current.status()
        let folders = try enter(current)
        levels.append(Level(device: status.device, inode: status.inode, folders: folders))
    }

    /// False at the top.
    mutating func goUp() throws(SystemError) -> Bool {
        levels.removeLast()
        guard let above = levels.last else { return false }
        current = try current.open("..", [.read, .directory])
        let status = try current.status()
        guard status.inode == above.inode, status.device == above.device else {
            throw SystemError(call: "openat", code: ESTALE, path: "..")
        }
        return true
    }
}
