internal import FileSystem
internal import Glibc

extension TreeUnpacker {
    /// Owner, mode, attributes and time of an open file, in the order in which the kernel does not undo one by the next:
    /// chown(2) clears setuid bits and capabilities.
    ///
    /// `isNew`: it was made by this process with these permissions, so that calls that would change nothing are saved.
    func finish(_ file: OpenFile, _ values: FolderMetadata.Values, isNew: Bool = false) throws {
        let needsOwner = !(isNew && isOwnByDefault(values))
        if needsOwner { try file.setOwner(uid: values.uid, gid: values.gid) }
        if !isNew || !hasDefaultMode(values) { try file.setPermissions(values.permissions) }
        for attribute in values.attributes where CarriedAttributes.isCarried(attribute.name) {
            try file.setExtendedAttribute(
                attribute.name, CarriedAttributes.portable(attribute.name, attribute.value))
        }
        try file.setTimes(modified: values.modified)
    }

    /// Whether new files are the wanted owner's already. In a live tree a setgid directory may give another group.
    func isOwnByDefault(_ values: FolderMetadata.Values) -> Bool {
        guard case .overlay = form else { return false }
        return values.uid == geteuid() && values.gid == getegid()
    }

    /// In a live tree a default ACL may give other permissions.
    private func hasDefaultMode(_ values: FolderMetadata.Values) -> Bool {
        guard case .overlay = form else { return false }
        return ProcessMask.leaves(values.permissions)
    }
}
