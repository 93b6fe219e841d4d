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
        Array(unsafeUninitializedCapacity: 32) { bytes, count in
            var high: UInt8?
            for digit in hex.utf8 {
                let value = digit < 58 ? digit - 48 : digit - 87
                if let first = high { bytes[count] = first << 4 | value }
                count += high == nil ? 0 : 1
                high = high == nil ? value : nil
            }
        }
    }

    /// Takes the 32 bytes of a SHA-256 digest.
    public init(raw: [UInt8]) {
        precondition(raw.count == 32, "a SHA-256 digest has 32 bytes")
        hex = String(unsafeUninitializedCapacity: 64) { text in
            for (place, byte) in raw.enumerated() {
                text[2 * place] = Self.digit(byte >> 4)
                text[2 * place + 1] = Self.digit(byte & 15)
            }
            return 64
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? value + 48 : value + 87 }

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
