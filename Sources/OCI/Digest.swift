/// The SHA-256 digest of the bytes of a blob, as the image specification writes it: `sha256:` and 64 hexadecimal digits.
///
/// https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md#digests
public struct Digest: Hashable, Sendable {
    /// The 64 lower-case hexadecimal digits.
    public let hex: String

    /// Parses `sha256:…`; anything else throws.
    public init(_ text: String) throws(OCIError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw .invalidDigest(text) }
        guard parts[0] == "sha256" else { throw .unsupportedDigestAlgorithm(String(parts[0])) }
        let isHex = parts[1].utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        guard isHex, parts[1].utf8.count == 64 else { throw .invalidDigest(text) }
        hex = String(parts[1])
    }

    /// The digest of bytes in memory.
    public init(of bytes: some Sequence<UInt8>) {
        var hasher = SHA256()
        hasher.update(Array(bytes))
        self = hasher.finalize()
    }

    /// The 32 bytes of the digest.
    public var raw: [UInt8] {
        let digits = hex.utf8.map { $0 < 58 ? $0 - 48 : $0 - 87 }
        return stride(from: 0, to: 64, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// Takes the 32 bytes of a SHA-256 digest.
    public init(raw: [UInt8]) {
        precondition(raw.count == 32, "a SHA-256 digest has 32 bytes")
        let digits = Array("0123456789abcdef".utf8)
        hex = String(decoding: raw.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The first twelve hexadecimal digits, for tables.
    public var short: String { String(hex.prefix(12)) }
}

extension Digest: CustomStringConvertible {
    public var description: String { "sha256:\(hex)" }
}

extension Digest: Comparable {
    public static func < (left: Digest, right: Digest) -> Bool { left.hex < right.hex }
}

extension Digest: Codable {
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
