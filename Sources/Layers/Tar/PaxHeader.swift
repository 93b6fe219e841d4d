internal import FileSystem

/// What of an entry needs a PAX extended header, because a ustar header cannot hold it.
enum PaxHeader {
    /// Names the extended header itself for readers that do not know PAX.
    static func name(for path: FileName) -> FileName {
        let last = path.bytes.split(separator: UInt8(ascii: "/")).last ?? []
        return FileName("PaxHeaders.0/".utf8 + last.prefix(80).map { (33...126).contains($0) ? $0 : UInt8(ascii: "_") })
    }

    /// The records, none for most entries. Throws for a value that no header can hold.
    static func records(for entry: TarEntry) throws -> [PaxRecord] {
        var records: [PaxRecord] = []
        if !TarHeaderBlock.fits(path: entry.headerPath) { records.append(PaxRecord("path", entry.headerPath)) }
        let target = entry.linkTarget.bytes
        if target.count > 100 || !target.allSatisfy({ $0 < 128 }) { records.append(PaxRecord("linkpath", target)) }
        if entry.uid > 0o7777777 { records.append(PaxRecord("uid", String(entry.uid))) }
        if entry.gid > 0o7777777 { records.append(PaxRecord("gid", String(entry.gid))) }
        if entry.size >= 1 << 33 { records.append(PaxRecord("size", String(entry.size))) }
        let isWhole = entry.modified.nanoseconds == 0
        if !isWhole || entry.modified.seconds < 0 || entry.modified.seconds >= 1 << 33 {
            records.append(PaxRecord("mtime", PaxTime.text(entry.modified)))
        }
        return try records + attributes(of: entry)
    }

    private static func attributes(of entry: TarEntry) throws -> [PaxRecord] {
        try entry.attributes.sorted { $0.name < $1.name }.map { attribute in
            guard !attribute.name.bytes.contains(UInt8(ascii: "=")) else {
                throw LayersError.cannotArchive(
                    entry.path, reason: "the name of its extended attribute \(attribute.name) has a \"=\"")
            }
            return PaxRecord(PaxRecord.attributePrefix + attribute.name.bytes, attribute.value)
        }
    }
}

extension TarEntry {
    /// The path as stored: a directory's ends in a slash.
    var headerPath: [UInt8] {
        kind == .directory ? path.bytes + [UInt8(ascii: "/")] : path.bytes
    }
}
