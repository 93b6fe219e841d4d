internal import FileSystem
internal import Layers

extension OpenFile {
    /// Copies something in this folder that is no directory, with owner, mode, times and the attributes that a layer
    /// carries; `status` is what it is.
    func copyNode(_ name: FileName, _ status: FileStatus, to folder: OpenFile, as copyName: FileName) throws {
        switch status.kind {
        case .regular:
            let file = try open(name, [.read, .noFollow, .nonBlocking])
            let copy = try folder.open(copyName, [.write, .create, .exclusive, .noFollow], mode: 0o600)
            try file.copyContent(to: copy)
            try copy.finishCopy(of: file, status)
            try copy.setTimes(modified: status.modified)
        case .symlink:
            try folder.makeSymlink(copyName, target: readLink(name))
            try folder.setOwner(of: copyName, uid: status.uid, gid: status.gid)
            try folder.setTimes(of: copyName, modified: status.modified)
        case .fifo, .socket, .characterDevice, .blockDevice:
            try folder.makeNode(
                copyName, kind: status.kind, mode: 0o600, major: status.deviceMajor, minor: status.deviceMinor)
            let copy = try folder.open(copyName, [.pathOnly, .noFollow])
            try copy.finishCopy(of: open(name, [.pathOnly, .noFollow]), status)
            try folder.setTimes(of: copyName, modified: status.modified)
        case .directory: preconditionFailure("a directory is no single node")
        }
    }

    /// Owner first: changing it clears setuid and file capabilities.
    private func finishCopy(of file: OpenFile, _ status: FileStatus) throws(SystemError) {
        try setOwner(uid: status.uid, gid: status.gid)
        try setPermissions(status.permissions)
        try copyAttributes(from: file)
    }
}
