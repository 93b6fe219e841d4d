public import FileSystem

/// How an archive is packed.
public enum ArchiveKind: String, Hashable, Sendable, CaseIterable {
    case tar, gzip, bzip2, xz, zstd

    /// The bytes that each packed kind begins with.
    private static let magics: [(ArchiveKind, [UInt8])] = [
        (.gzip, [0x1f, 0x8b]), (.bzip2, Array("BZh".utf8)), (.xz, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]),
        (.zstd, [0x28, 0xb5, 0x2f, 0xfd]),
    ]

    /// By the first bytes; what has none of these beginnings is taken for plain tar.
    init(of file: OpenFile) throws(SystemError) {
        var head: [UInt8] = [0, 0, 0, 0, 0, 0]
        var count = 0
        var failure: SystemError?
        head.withUnsafeMutableBytes { buffer in
            do throws(SystemError) { count = try file.read(into: buffer, at: 0) } catch { failure = error }
        }
        if let failure { throw failure }
        self = Self.magics.first { head[..<count].starts(with: $0.1) }?.0 ?? .tar
    }

    /// The tar stream of what is packed so.
    func unpacking(_ source: any ByteSource) -> any ByteSource {
        switch self {
        case .tar: source
        case .gzip: GzipSource(source)
        case .bzip2: Bzip2Source(source)
        case .xz: XzSource(source)
        case .zstd: ZstdSource(source)
        }
    }
}

/// How a file is packed if it is a tar archive, by its content: the first member must be readable. Nil if it is none, or
/// one without members. The descriptor's position is not moved; only system calls on it throw.
public func archiveKind(of file: OpenFile) throws(SystemError) -> ArchiveKind? {
    let kind = try ArchiveKind(of: file)
    var reader = TarReader(kind.unpacking(FileSource(file)))
    do {
        return try reader.next() == nil ? nil : kind
    } catch let error as SystemError {
        throw error
    } catch {
        return nil
    }
}
