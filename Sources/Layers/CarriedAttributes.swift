internal import FileSystem

/// Which extended attributes a layer carries, and in what form.
enum CarriedAttributes {
    private static let names: Set<FileName> = [
        "security.capability", "system.posix_acl_access", "system.posix_acl_default",
    ]
    private static let capability: FileName = "security.capability"
    private static let userPrefix = Array("user.".utf8)

    static func isCarried(_ name: FileName) -> Bool {
        name.bytes.starts(with: userPrefix) || names.contains(name)
    }

    /// What of a file in an upper directory goes into the layer, sorted by name.
    static func read(_ file: OpenFile, names: [FileName]) throws(SystemError) -> [ExtendedAttribute] {
        var attributes: [ExtendedAttribute] = []
        for name in names where isCarried(name) {
            guard let inside = OverlayMark.nameInside(name), let value = try file.extendedAttribute(name) else {
                continue
            }
            attributes.append(ExtendedAttribute(name: inside, value: portable(inside, value)))
        }
        return attributes.sorted { $0.name < $1.name }
    }

    /// File capabilities that were set in a user namespace name its root (revision 3, 24 bytes): without that they are
    /// of revision 2 and hold wherever the image runs.
    static func portable(_ name: FileName, _ value: [UInt8]) -> [UInt8] {
        guard name == capability, value.count == 24, value[3] == 3 else { return value }
        var portable = Array(value[..<20])
        portable[3] = 2
        return portable
    }
}
