internal import FileSystem

/// A piece of a member's content.
public enum TarContent {
    /// Only valid during the call.
    case bytes(UnsafeRawBufferPointer)
    /// This many zero bytes of a sparse member.
    case hole(Int64)
}

/// Reads a tar stream member by member: v7, ustar, PAX, GNU and star, sparse members included.
///
/// Nothing of it is trusted: whatever the bytes are, it ends with a member, the end or an error that has the offset, and
/// keeps no more than `headerLimit` bytes of extended headers in memory for a member, and as many for all.
public struct TarReader: ~Copyable {
    private let input: TarInput
    private let headerLimit: Int64
    private var global = PaxValues()
    private var globalBytes: Int64 = 0
    /// Of the headers before the next member.
    private var localBytes: Int64 = 0
    private var body = TarBody()
    private var isAtEnd = false

    /// `headerLimit`: bytes of the extended headers of one member, and of those that are for all.
    public init(_ source: any ByteSource, headerLimit: Int64 = 1 << 20) {
        input = TarInput(source)
        self.headerLimit = headerLimit
    }

    /// Where the reader is, in bytes of the stream.
    public var offset: Int64 { input.offset }

    /// The next member, nil at the end. Content that was not read is skipped.
    public mutating func next() throws -> TarEntry? {
        do {
            return try readNext()
        } catch let problem as TarProblem {
            throw self.problem(problem)
        }
    }

    private mutating func readNext() throws -> TarEntry? {
        try readContent { _ in }
        var values = global
        var hasExtension = false
        localBytes = 0
        while let header = try nextHeader() {
            guard let kind = TarEntry.Kind(typeFlag: header.type) else {
                hasExtension = try readExtension(header, &values) || hasExtension
                continue
            }
            return try entry(header, kind, values)
        }
        if hasExtension { throw TarProblem.danglingExtendedHeader }
        return nil
    }

    /// The content of the member that `next` returned last, in order; nothing for all but regular files.
    public mutating func readContent(_ take: (TarContent) throws -> Void) throws {
        try body.read(from: input, take)
    }

    /// Reads what is left of the stream and forgets it, so that a digest over it is complete.
    public mutating func drain() throws { try input.drain() }

    /// Nil at the end: two zero blocks, or no more bytes.
    private mutating func nextHeader() throws -> TarHeader? {
        guard !isAtEnd, let block = try input.nextBlock() else { return nil }
        if let header = TarHeader(block) {
            return header
        }
        guard block.allSatisfy({ $0 == 0 }) else { throw TarProblem.badChecksum }
        if let second = try input.nextBlock(), !second.allSatisfy({ $0 == 0 }) { throw TarProblem.loneZeroBlock }
        isAtEnd = true
        return nil
    }

    /// Reads a header that only says something about the next ones; true if a member must follow it.
    private mutating func readExtension(_ header: TarHeader, _ values: inout PaxValues) throws -> Bool {
        let size = try header.size()
        switch header.type {
        case TarType.paxLocal: try Self.apply(extensionBytes(size), to: &values)
        case TarType.paxGlobal:
            try Self.apply(extensionBytes(size, isGlobal: true), to: &global)
            values = global
            return false
        case TarType.gnuLongName: values.path = Array(try extensionBytes(size).prefix { $0 != 0 })
        case TarType.gnuLongLink: values.linkPath = Array(try extensionBytes(size).prefix { $0 != 0 })
        case TarType.gnuVolumeLabel:
            try input.skip(size)
            return false
        default: throw TarProblem.unsupportedType(header.type)
        }
        return true
    }

    private static func apply(_ bytes: [UInt8], to values: inout PaxValues) throws(TarProblem) {
        guard let records = PaxRecord.parse(bytes) else { throw .malformedExtendedHeader }
        for record in records { try values.apply(record) }
    }

    private mutating func extensionBytes(_ size: Int64, isGlobal: Bool = false) throws -> [UInt8] {
        let before = isGlobal ? globalBytes : localBytes
        guard size <= headerLimit - before else {
            throw TarProblem.headerTooLarge(size: size, limit: headerLimit - before)
        }
        if isGlobal { globalBytes += size } else { localBytes += size }
        let bytes = try input.bytes(Int(size))
        try input.skip(Int64(TarField.padding(after: size)))
        return bytes
    }

    private mutating func entry(_ header: TarHeader, _ kind: TarEntry.Kind, _ values: PaxValues) throws -> TarEntry {
        var entry = try header.entry(kind, values)
        // Only regular files have content; others may name the size of what they stand for.
        guard entry.kind == .regular else {
            entry.size = 0
            return entry
        }
        let stored = entry.size
        if let map = try sparseMap(header, values, stored) {
            entry.size = map.realSize
            body = TarBody(map)
        } else {
            body = TarBody(size: stored)
        }
        return entry
    }

    private func sparseMap(_ header: TarHeader, _ values: PaxValues, _ stored: Int64) throws -> SparseMap? {
        if header.type == TarType.gnuSparse {
            return try SparseMap(
                numbers: header.gnuSparseNumbers(continuing: input), realSize: header.gnuRealSize(), storedSize: stored)
        }
        guard let realSize = values.sparse.realSize else { return nil }
        guard values.sparse.isMapInContent else {
            return try SparseMap(numbers: values.sparse.numbers, realSize: realSize, storedSize: stored)
        }
        let (numbers, length) = try SparseMap.readNumbers(from: input, limit: stored)
        return try SparseMap(numbers: numbers, realSize: realSize, storedSize: stored - length)
    }

    private func problem(_ problem: TarProblem) -> LayersError {
        .malformedArchive(problem, offset: max(0, input.offset - Int64(TarField.blockSize)))
    }
}
