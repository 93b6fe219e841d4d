/// A port of EXPOSE: `80/tcp`.
public struct ExposedPort: Hashable, Sendable, CustomStringConvertible {
    public let number: UInt16
    public let transport: String

    public var description: String { "\(number)/\(transport)" }

    private static let transports = ["tcp", "udp", "sctp"]

    /// Reads one expanded word: `port[-port][/protocol]`, or the old `[ip:][host:]port…`, of which only the last part
    /// counts.
    public static func parse(_ word: String) throws(ExposedPortError) -> [ExposedPort] {
        let (ports, given) = word.splitOnce(at: "/")
        let transport = given.map { $0.isEmpty ? "tcp" : $0.lowercased() } ?? "tcp"
        let text = containerPart(of: ports)
        guard !text.isEmpty else { throw .noPort(word) }
        guard let range = range(text) else { throw .invalidPort(text) }
        guard transports.contains(transport) else { throw .invalidTransport(given ?? "") }
        return range.map { ExposedPort(number: $0, transport: transport) }
    }

    /// Whether a word names an address or a host port, which EXPOSE has no use for.
    public static func hasMapping(_ word: String) -> Bool {
        word.splitOnce(at: "/").head.unicodeScalars.contains(":")
    }

    private static func containerPart(of ports: String) -> String {
        let scalars = ports.unicodeScalars
        guard let colon = scalars.lastIndex(of: ":") else { return ports }
        return String(scalars[scalars.index(after: colon)...])
    }

    private static func range(_ text: String) -> ClosedRange<UInt16>? {
        let (first, last) = text.splitOnce(at: "-")
        guard let start = number(first), let end = number(last ?? first), start <= end else { return nil }
        return start...end
    }

    private static func number(_ text: String) -> UInt16? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt16(text) : nil
    }
}

/// A word of EXPOSE that is no port.
public enum ExposedPortError: Error, Hashable, Sendable {
    case noPort(String)
    case invalidPort(String)
    case invalidTransport(String)
}

extension ExposedPortError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noPort(let word): "no port specified: \(word)<empty>"
        case .invalidPort(let text): "invalid containerPort: \(text)"
        case .invalidTransport(let name): "invalid proto: \(name)"
        }
    }
}
