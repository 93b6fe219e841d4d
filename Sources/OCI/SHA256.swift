internal import CCrypto

/// A running SHA-256 computation on libcrypto. One owner; not for use from two threads at once.
public struct SHA256: ~Copyable {
    private let context: OpaquePointer

    /// Starts a computation over no bytes.
    public init() {
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("libcrypto is out of memory") }
        self.context = context
        precondition(EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1, "libcrypto has no SHA-256")
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds bytes; the buffer is only read during the call.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
        EVP_DigestUpdate(context, base, bytes.count)
    }

    /// Adds bytes of an array.
    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// The digest of all bytes so far; the computation starts anew afterwards.
    public mutating func finalize() -> Digest {
        var raw = [UInt8](repeating: 0, count: 32)
        raw.withUnsafeMutableBufferPointer { _ = EVP_DigestFinal_ex(context, $0.baseAddress, nil) }
        EVP_DigestInit_ex(context, EVP_sha256(), nil)
        return Digest(raw: raw)
    }
}
