/// Percent-encoding as signatures want it: RFC 3986's unreserved characters as they are, everything else encoded.
enum Percent {
    static func encode(_ text: some StringProtocol, keeping kept: String = "") -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        let kept = Set(kept.utf8)
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 126: result.append(byte)
            case _ where kept.contains(byte): result.append(byte)
            default: result += [37, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// What was encoded; a percent sign without two digits is itself. Nil when the result is no text.
    static func decode(_ text: some StringProtocol) -> String? {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let pair = bytes[index] == 37 ? bytes[(index + 1)...].prefix(2) : []
            if pair.count == 2, let byte = UInt8(String(decoding: pair, as: UTF8.self), radix: 16) {
                result.append(byte)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(validating: result, as: UTF8.self)
    }
}
