import FileSystem
import OCI

/// A file tree as sorted lines: path, kind, mode, owner, time, links, attributes, size and content. Overlayfs' own
/// attributes and the times of whiteouts are left out.
enum Listing {
    static func of(_ path: String, times: Bool = true) throws -> [String] {
        let root = try OpenFile.open(path, [.read, .directory])
        var lines: [String] = []
        var firstNames: [UInt64: FileName] = [:]
        try list(root, "", times, &firstNames, &lines)
        return lines
    }

    /// Lines that only one of two listings has, the first ones.
    static func difference(_ left: [String], _ right: [String]) -> [String] {
        let lines = Set(left).subtracting(right).map { "- \($0)" } + Set(right).subtracting(left).map { "+ \($0)" }
        return lines.sorted { $0.dropFirst(2) < $1.dropFirst(2) }.prefix(10).map { String($0.prefix(300)) }
    }

    private static func list(
        _ folder: OpenFile, _ path: FileName, _ times: Bool, _ firstNames: inout [UInt64: FileName],
        _ lines: inout [String]
    ) throws {
        for entry in try folder.open(".", [.read, .directory]).entries().sorted(by: { $0.name < $1.name }) {
            let status = try folder.status(of: entry.name)
            let inner = path.appending(entry.name)
            var line = "\(inner) \(status.kind) \(String(status.permissions, radix: 8)) \(status.uid):\(status.gid)"
            let isWhiteout = status.kind == .characterDevice && status.deviceMajor | status.deviceMinor == 0
            if times, !isWhiteout { line += " @\(status.modified.seconds)" }
            if status.kind != .directory, status.linkCount > 1, !isWhiteout {
                let first = firstNames[status.inode] ?? inner
                firstNames[status.inode] = first
                line += " =\(first)"
            }
            switch status.kind {
            case .symlink: line += " -> \(try folder.readLink(entry.name))"
            case .characterDevice, .blockDevice: line += " \(status.deviceMajor),\(status.deviceMinor)"
            default: line += try detail(folder.open(entry.name, [.read, .nonBlocking, .noFollow]), status)
            }
            lines.append(line)
            if status.kind == .directory {
                try list(folder.open(entry.name, [.read, .directory]), inner, times, &firstNames, &lines)
            }
        }
    }

    private static func detail(_ file: OpenFile, _ status: FileStatus) throws -> String {
        var detail = ""
        for name in try file.extendedAttributeNames().sorted() where !isForeign(name) {
            let value = try file.extendedAttribute(name) ?? []
            detail += " \(name)=\(value.map { String($0, radix: 16) }.joined())"
        }
        guard status.kind == .regular else { return detail }
        return detail + " \(status.size) \(Digest(of: try file.readAll(limit: 1 << 30) ?? []).short)"
    }

    /// What the kernel notes for itself.
    private static func isForeign(_ name: FileName) -> Bool {
        name == "security.selinux" || name.description.hasPrefix("user.overlay.")
    }
}
