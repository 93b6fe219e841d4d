/// A port of EXPOSE: `80/tcp`.
public struct ExposedPort: Hashable, Sendable, CustomStringConvertible {
    public let number: UInt16
    public let transport: String

    public var description: String { "\(number)/\(transport)" }

    /// All ports of all protocols, and more than any image has.
    static let mostOfInstruction = 3 * 65_536

    private static let transports = ["tcp", "udp", "sctp"]

    /// Reads one expanded word: `port[-port][/protocol]`, or the old `[ip:][host:]port…`, of which only the last part
    /// counts, though the others have to be right.
    public static func parse(_ word: String) throws(ExposedPortError) -> [ExposedPort] {
        let (range, transport) = try validated(word)
        return range.map { ExposedPort(number: $0, transport: transport) }
    }

    /// The same, without making a list of it.
    static func validated(_ word: String) throws(ExposedPortError) -> (range: ClosedRange<UInt16>, transport: String) {
        var parts = word.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let (text, given) = (parts.popLast() ?? "").splitOnce(at: "/")
        guard !text.isEmpty else { throw .noPort(word) }
        let transport = given.map { $0.isEmpty ? "tcp" : $0.lowercased() } ?? "tcp"
        guard transports.contains(transport) else { throw .invalidTransport(transport) }
        let host = parts.popLast() ?? ""
        try check(address: parts.joined(separator: ":"))
        guard let range = range(text) else { throw .invalidPort(text) }
        guard !host.isEmpty else { return (range, transport) }
        guard let hostRange = self.range(host) else { throw .invalidHostPort(host) }
        // Several host ports may be for a single one of the container.
        guard hostRange.count == range.count || range.count == 1 else { throw .differentRanges(text, host) }
        return (range, transport)
    }

    /// Whether a word names an address or a host port, which EXPOSE has no use for.
    public static func hasMapping(_ word: String) -> Bool {
        word.splitOnce(at: "/").head.unicodeScalars.contains(":")
    }

    private static func check(address: String) throws(ExposedPortError) {
        let isBracketed = address.hasPrefix("[") && address.hasSuffix("]")
        let text = isBracketed ? String(address.dropFirst().dropLast()) : address
        guard text.isEmpty || AddressSyntax.isValid(text) else { throw .invalidAddress(text) }
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
    case invalidAddress(String)
    case invalidHostPort(String)
    case differentRanges(String, String)
    case tooMany
}

extension ExposedPortError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noPort(let word): "no port specified: \(word)<empty>"
        case .invalidPort(let text): "invalid containerPort: \(text)"
        case .invalidTransport(let name): "invalid proto: \(name)"
        case .invalidAddress(let text): "invalid IP address: \(text)"
        case .invalidHostPort(let text): "invalid hostPort: \(text)"
        case .differentRanges(let container, let host):
            "invalid ranges specified for container and host Ports: \(container) and \(host)"
        case .tooMany: "EXPOSE names more than \(ExposedPort.mostOfInstruction) ports"
        }
    }
}
