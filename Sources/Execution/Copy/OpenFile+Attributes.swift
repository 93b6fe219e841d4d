internal import FileSystem

extension OpenFile {
    /// Gives a file the extended attributes of another that a layer carries; overlayfs' own marks are not among them.
    func copyAttributes(from source: OpenFile) throws(SystemError) {
        for name in try source.extendedAttributeNames() where Self.isCarried(name) {
            if let value = try source.extendedAttribute(name) { try setExtendedAttribute(name, value) }
        }
    }

    /// Removes those of a layer that another file has not.
    func removeAttributes(missingIn source: OpenFile) throws(SystemError) {
        let names = try source.extendedAttributeNames()
        for name in try extendedAttributeNames() where Self.isCarried(name) && !names.contains(name) {
            try removeExtendedAttribute(name)
        }
    }

    private static func isCarried(_ name: FileName) -> Bool {
        let prefixes = ["user.", "security.capability", "system.posix_acl_"]
        return prefixes.contains { name.bytes.starts(with: $0.utf8) }
            && !name.bytes.starts(with: "user.overlay.".utf8)
    }
}

extension FileStatus {
    /// A deletion, in a layer's directory that is seen without a mount.
    var isWhiteout: Bool { kind == .characterDevice && deviceMajor == 0 && deviceMinor == 0 }
}
