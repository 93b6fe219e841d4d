internal import FileSystem

/// Deletions, and files of the layers below.
extension TreeUnpacker {
    /// A deletion of a name or of all that lower layers have in a directory. Entries of this layer stay: a deletion is
    /// about lower layers only, wherever in the stream it stands.
    func unpackWhiteout(_ name: FileName, _ parent: [FileName]) throws {
        if WhiteoutName.isForeign(name) { return }
        let folder = try resolver.folder(parent)
        if name == WhiteoutName.opaque {
            return try resolver.setOpaque(folder.file.open(".", [.read, .directory]), folder.path)
        }
        let deleted = WhiteoutName.deleted(name)
        guard !deleted.bytes.isEmpty, deleted != ".", deleted != ".." else { throw EntryRefusal.invalidWhiteout }
        guard let status = try folder.file.statusIfPresent(of: deleted) else {
            return try OverlayMark.makeWhiteout(deleted, in: folder.file)
        }
        if status.kind == .directory {
            try resolver.setOpaque(folder.file.open(deleted, [.read, .directory, .noFollow]), folder.path + [deleted])
        }
    }

    /// Copies a file of a lower layer into this one, as overlayfs does before it makes a link to it.
    func copyUp(_ target: Place, _ entry: TarEntry) throws {
        let isDeleted = try target.file.statusIfPresent(of: target.name) != nil
        guard !isDeleted, let below = try resolver.findBelow(target.path) else {
            throw EntryRefusal.missingLinkTarget(entry.linkTarget)
        }
        let status = below.status
        var values = FolderMetadata.Values(
            permissions: status.permissions, uid: status.uid, gid: status.gid, modified: status.modified, attributes: []
        )
        switch status.kind {
        case .directory: throw EntryRefusal.directoryLink(entry.linkTarget)
        case .regular:
            let source = try below.folder.openToRead(below.name, [])
            let copy = try target.file.open(target.name, [.write, .create, .exclusive, .noFollow], mode: 0o600)
            try source.copyContent(to: copy)
            values.attributes = try CarriedAttributes.read(source, names: source.extendedAttributeNames())
            try finish(copy, values)
        case .symlink:
            try target.file.makeSymlink(target.name, target: below.folder.readLink(below.name))
            try target.file.setOwner(of: target.name, uid: values.uid, gid: values.gid)
            try target.file.setTimes(of: target.name, modified: values.modified)
        default:
            try target.file.makeNode(
                target.name, kind: status.kind, mode: 0o600, major: status.deviceMajor, minor: status.deviceMinor)
            try finish(target.file.open(target.name, [.pathOnly, .noFollow]), values)
        }
    }
}
