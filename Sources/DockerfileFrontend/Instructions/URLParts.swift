/// The parts of a URL that matter here, taken as Go's `net/url` takes them apart.
struct URLParts {
    /// In lower case.
    let scheme: String
    /// Between the scheme and `?` or `#`, as written: `//host/path`.
    private let hierarchy: String
    /// Not decoded; nil without a `?`.
    let query: String?
    /// Decoded; nil without a `#`.
    let fragment: String?

    /// Nil if the text has no scheme before a `://`, or an invalid percent escape.
    init?(_ text: String) {
        let (beforeFragment, fragment) = text.splitOnce(at: "#")
        let (address, query) = beforeFragment.splitOnce(at: "?")
        let (scheme, rest) = address.splitOnce(at: ":")
        guard let rest, rest.hasPrefix("//"), !scheme.isEmpty, scheme.utf8.allSatisfy(Self.isAlphanumeric),
            let decoded = Self.decoded(fragment ?? "", plusIsBlank: false),
            Self.decoded(rest, plusIsBlank: false) != nil
        else { return nil }
        self.scheme = scheme.lowercased()
        self.fragment = fragment == nil ? nil : decoded
        self.query = query
        hierarchy = rest
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }

    /// Without query and fragment.
    var address: String { "\(scheme):\(hierarchy)" }

    /// Behind the host; empty if there is nothing.
    var decodedPath: String {
        guard let slash = hierarchy.dropFirst(2).firstIndex(of: "/") else { return "" }
        return Self.decoded(String(hierarchy[slash...]), plusIsBlank: false) ?? ""
    }

    /// `name=value&…`, decoded, in order; the value of a bare name is empty. Nil if something cannot be decoded.
    static func pairs(ofQuery query: String) -> [(name: String, value: String)]? {
        var pairs: [(String, String)] = []
        for part in query.split(separator: "&") {
            let (name, value) = String(part).splitOnce(at: "=")
            guard !part.contains(";"), let name = decoded(name, plusIsBlank: true),
                let value = decoded(value ?? "", plusIsBlank: true)
            else { return nil }
            pairs.append((name, value))
        }
        return pairs
    }

    private static func decoded(_ text: String, plusIsBlank: Bool) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                let digits = rest.prefix(2)
                guard digits.count == 2, digits.allSatisfy(isHexDigit),
                    let value = UInt8(String(digits) ?? "", radix: 16)
                else { return nil }
                rest = rest.dropFirst(2)
                bytes.append(value)
            case UInt8(ascii: "+") where plusIsBlank: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }
}
