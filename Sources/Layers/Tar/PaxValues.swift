internal import FileSystem

/// What PAX and GNU headers said about the entries that follow them.
struct PaxValues {
    var path: [UInt8]?
    var linkPath: [UInt8]?
    var size: Int64?
    var uid: Int64?
    var gid: Int64?
    var modified: FileTime?
    private var attributeValues: [FileName: [UInt8]] = [:]
    var sparse = PaxSparse()

    /// Applies a record; an empty value takes back what a global header said. Unknown keys say nothing to us.
    mutating func apply(_ record: PaxRecord) throws(TarProblem) {
        let value = record.value
        if record.key.starts(with: PaxRecord.attributePrefix) {
            return try setAttribute(Array(record.key.dropFirst(PaxRecord.attributePrefix.count)), value)
        }
        switch String(decoding: record.key, as: UTF8.self) {
        case "path": path = value.isEmpty ? nil : value
        case "linkpath": linkPath = value.isEmpty ? nil : value
        case "size": size = try Self.number(value, "size")
        case "uid": uid = try Self.number(value, "uid")
        case "gid": gid = try Self.number(value, "gid")
        case "mtime": modified = try Self.time(value)
        default: try sparse.apply(record)
        }
    }

    private mutating func setAttribute(_ name: [UInt8], _ value: [UInt8]) throws(TarProblem) {
        guard !name.isEmpty, !name.contains(0) else { throw .malformedExtendedHeader }
        attributeValues[FileName(name)] = value
    }

    /// Sorted by name.
    var attributes: [ExtendedAttribute] {
        if attributeValues.isEmpty { return [] }
        return attributeValues.map { ExtendedAttribute(name: $0.key, value: $0.value) }.sorted { $0.name < $1.name }
    }

    private static func number(_ text: [UInt8], _ field: String) throws(TarProblem) -> Int64? {
        if text.isEmpty { return nil }
        guard let number = PaxRecord.parseDecimal(text) else { throw .invalidNumber(field: field) }
        return number
    }

    private static func time(_ text: [UInt8]) throws(TarProblem) -> FileTime? {
        if text.isEmpty { return nil }
        guard let time = PaxTime.parse(text) else { throw .invalidNumber(field: "mtime") }
        return time
    }
}

extension TarProblem: Error {}
