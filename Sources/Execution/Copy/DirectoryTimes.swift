internal import FileSystem

/// The modification times that directories are to have when all is in them.
final class DirectoryTimes {
    private var times: [RootPath: FileTime] = [:]

    /// A directory that was there keeps its time when something is put into it.
    func keep(_ path: RootPath, _ time: FileTime) {
        if times[path] == nil { times[path] = time }
    }

    func set(_ path: RootPath, _ time: FileTime) {
        times[path] = time
    }

    func isKnown(_ path: RootPath) -> Bool { times[path] != nil }

    func apply(below root: OpenFile) throws {
        for (path, time) in times {
            try root.openWithoutLinks(FileName(path.bytes), [.read, .directory]).setTimes(modified: time)
        }
    }
}
