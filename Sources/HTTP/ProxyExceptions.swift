#if canImport(Glibc)
    internal import Glibc
#endif

/// The hosts of `NO_PROXY`, separated by commas or blanks: `*`; a name, with or without leading `.` or `*.`, which stands
/// for itself and all below it; an address, or a network as `10.0.0.0/8`; each but networks also with `:port`.
struct ProxyExceptions: Sendable {
    private enum Rule: Sendable {
        case everything
        case name(String, port: Int?)
        case network(bytes: [UInt8], bits: Int, port: Int?)
    }

    private let rules: [Rule]

    init(_ text: String) {
        rules = text.split { $0 == "," || $0.isWhitespace }.compactMap { Self.rule(String($0).lowercased()) }
    }

    func cover(_ origin: HTTPURL.Origin) -> Bool {
        let host = origin.host.hasPrefix("[") ? String(origin.host.dropFirst().dropLast()) : origin.host
        let address = Self.address(host)
        return rules.contains { rule in
            switch rule {
            case .everything: true
            case .name(let name, let port):
                (port ?? origin.port) == origin.port && (host == name || host.hasSuffix(".\(name)"))
            case .network(let bytes, let bits, let port):
                (port ?? origin.port) == origin.port && address.map { Self.equal($0, bytes, bits) } == true
            }
        }
    }

    private static func rule(_ text: String) -> Rule? {
        if text == "*" { return .everything }
        if let slash = text.firstIndex(of: "/") {
            guard let bytes = address(unbracketed(String(text[..<slash]))),
                let bits = Int(text[text.index(after: slash)...]), (0...(bytes.count * 8)).contains(bits)
            else { return nil }
            return .network(bytes: bytes, bits: bits, port: nil)
        }
        if let bytes = address(unbracketed(text)) { return .network(bytes: bytes, bits: bytes.count * 8, port: nil) }
        let (host, port) = split(text)
        if let bytes = address(unbracketed(host)) { return .network(bytes: bytes, bits: bytes.count * 8, port: port) }
        let name = host.drop { $0 == "*" || $0 == "." }
        return name.isEmpty ? nil : .name(String(name), port: port)
    }

    private static func split(_ text: String) -> (host: String, port: Int?) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]) else {
            return (text, nil)
        }
        return (String(text[..<colon]), port)
    }

    private static func unbracketed(_ text: String) -> String {
        text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
    }

    /// The bytes of an IPv4 or IPv6 address; nil for a name.
    private static func address(_ text: String) -> [UInt8]? {
        for (family, size) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: size)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }

    private static func equal(_ first: [UInt8], _ second: [UInt8], _ bits: Int) -> Bool {
        guard first.count == second.count else { return false }
        let whole = bits / 8
        guard first.prefix(whole) == second.prefix(whole) else { return false }
        guard bits % 8 > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xff << (8 - bits % 8))
        return first[whole] & mask == second[whole] & mask
    }
}
