internal import CCrypto
internal import FoundationEssentials
internal import OCI

/// The codes that signatures are made of, on libcrypto.
enum Codes {
    /// RFC 2104 with SHA-256: 32 bytes.
    static func hmac(_ key: [UInt8], _ message: String) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        let bytes = Array(message.utf8)
        let result = key.isEmpty ? [0] : key
        HMAC(EVP_sha256(), result, CInt(key.count), bytes, bytes.count, &code, nil)
        return code
    }

    /// In hexadecimal digits.
    static func sha256(_ bytes: [UInt8]) -> String { Digest(of: bytes).hex }

    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    /// RFC 4648 section 5, without padding.
    static func base64URL(_ bytes: [UInt8]) -> String {
        String(
            base64(bytes).compactMap { character in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }

    /// The bytes of a text in Base64; nil when it is none.
    static func bytes(base64 text: String) -> [UInt8]? { Data(base64Encoded: text).map { [UInt8]($0) } }

    /// RS256: RSASSA-PKCS1-v1_5 with SHA-256, with a private key in PEM form; nil for what is no such key.
    static func rs256(_ message: String, key pem: String) -> [UInt8]? {
        guard let key = privateKey(Array(pem.utf8)) else { return nil }
        defer { EVP_PKEY_free(key) }
        guard let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }
        let bytes = Array(message.utf8)
        var size = 0
        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1,
            EVP_DigestSign(context, nil, &size, bytes, bytes.count) == 1
        else { return nil }
        var signature = [UInt8](repeating: 0, count: size)
        guard EVP_DigestSign(context, &signature, &size, bytes, bytes.count) == 1 else { return nil }
        return Array(signature[..<size])
    }

    /// The caller frees it.
    private static func privateKey(_ pem: [UInt8]) -> OpaquePointer? {
        // An encrypted key must not make libcrypto ask at the terminal.
        let refuse: @convention(c) (UnsafeMutablePointer<CChar>?, CInt, CInt, UnsafeMutableRawPointer?) -> CInt = {
            _, _, _, _ in -1
        }
        return pem.withUnsafeBytes { bytes in
            // It reads where the bytes are.
            guard let source = BIO_new_mem_buf(bytes.baseAddress, CInt(bytes.count)) else { return nil }
            defer { BIO_free(source) }
            return PEM_read_bio_PrivateKey(source, nil, refuse, nil)
        }
    }
}
