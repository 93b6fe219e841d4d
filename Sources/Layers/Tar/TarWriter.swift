internal import FileSystem

/// Writes a tar stream: ustar headers, with a PAX header before those that ustar cannot say exactly.
///
/// The same entries and content give the same bytes everywhere: user and group names stay blank, nothing comes from the
/// clock. An entry's content follows it in as many pieces as one likes; `finish` ends the stream.
///
/// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html
public struct TarWriter {
    private let sink: any ByteSink
    private var current: TarEntry?
    private var missing: Int64 = 0
    private var block = [UInt8](repeating: 0, count: TarField.blockSize)
    /// Members written so far.
    public private(set) var entryCount = 0
    /// The latest modification time so far, in seconds since 1970; nil without entries.
    public private(set) var newestTime: Int64?

    public init(to sink: any ByteSink) { self.sink = sink }

    /// Writes an entry's headers. A regular file's content of exactly `size` bytes is to follow.
    public mutating func add(_ entry: TarEntry) throws {
        try checkComplete()
        let extended = try PaxHeader.records(for: entry)
        if !extended.isEmpty { try writeExtended(extended, for: entry) }
        try writeHeader(of: entry)
        entryCount += 1
        newestTime = max(newestTime ?? .min, entry.modified.seconds)
        current = entry
        missing = entry.kind == .regular ? entry.size : 0
    }

    /// Writes a piece of the content of the entry added last.
    public mutating func addContent(_ bytes: UnsafeRawBufferPointer) throws {
        try take(Int64(bytes.count))
        try sink.write(bytes)
        try padIfComplete()
    }

    /// Lets `body` put the rest of the content, or `limit` bytes of it, piece by piece into the sink's memory; it returns
    /// how much it put there.
    ///
    /// Throws if it returns 0 before that is complete.
    public mutating func fillContent(
        _ limit: Int64 = .max, _ body: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws {
        var rest = min(limit, missing)
        while rest > 0 {
            let count = try sink.fill(Int(min(rest, 1 << 30)), body)
            if count == 0 { try checkComplete() }
            rest -= Int64(count)
            try take(Int64(count))
            try padIfComplete()
        }
    }

    /// Writes so many zeros of the content: a hole, which readers get in full.
    public mutating func addHole(_ count: Int64) throws {
        guard count > 0 else { return }
        try take(count)
        try sink.writeZeros(count)
        try padIfComplete()
    }

    /// Writes the two zero blocks at the end.
    public mutating func finish() throws {
        try checkComplete()
        try sink.writeZeros(Int64(2 * TarField.blockSize))
    }

    private mutating func take(_ count: Int64) throws {
        missing -= count
        guard let current, missing < 0 else { return }
        throw LayersError.changedWhileRead(current.path, expected: current.size, found: current.size - missing)
    }

    private func checkComplete() throws {
        guard let current, missing > 0 else { return }
        throw LayersError.changedWhileRead(current.path, expected: current.size, found: current.size - missing)
    }

    private func padIfComplete() throws {
        guard missing == 0, let current else { return }
        try sink.writeZeros(Int64(TarField.padding(after: current.size)))
    }

    private mutating func writeExtended(_ records: [PaxRecord], for entry: TarEntry) throws {
        let content = records.flatMap(\.encoded)
        var header = TarEntry(path: PaxHeader.name(for: entry.path), kind: .regular, size: Int64(content.count))
        header.permissions = 0o644
        try writeHeader(of: header, type: TarType.paxLocal)
        try sink.write(content)
        try sink.writeZeros(Int64(TarField.padding(after: header.size)))
    }

    private mutating func writeHeader(of entry: TarEntry, type: UInt8? = nil) throws {
        try block.withUnsafeMutableBytes { bytes in
            bytes.initializeMemory(as: UInt8.self, repeating: 0)
            TarHeaderBlock.encode(entry, type: type ?? entry.kind.typeFlag, into: bytes)
            try sink.write(UnsafeRawBufferPointer(bytes))
        }
    }
}
