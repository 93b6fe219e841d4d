/// A file's name, or a relative or absolute path, as the kernel has it: bytes without NUL, not always UTF-8.
public struct FileName: Hashable, Sendable {
    public let bytes: [UInt8]

    /// Bytes must not hold NUL: system calls would cut the name there.
    public init(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
        precondition(!self.bytes.contains(0), "a file name has no NUL")
    }

    public init(_ text: String) {
        self.init(text.utf8)
    }

    init(unchecked bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Calls with the name as a C string that lives for the call.
    func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { buffer in
            bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
            buffer[bytes.count] = 0
            // Safe because the buffer has at least one element, and so a base address.
            return body(UnsafePointer(buffer.baseAddress.unsafelyUnwrapped))
        }
    }

    /// A path made of this and a further name.
    public func appending(_ name: FileName) -> FileName {
        bytes.isEmpty ? name : FileName(unchecked: bytes + [UInt8(ascii: "/")] + name.bytes)
    }
}

extension FileName: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) {
        self.init(text.utf8)
    }
}

extension FileName: Comparable {
    /// By bytes, not by language.
    public static func < (left: FileName, right: FileName) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension FileName: CustomStringConvertible {
    /// Bytes that are no UTF-8 are replaced.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}
