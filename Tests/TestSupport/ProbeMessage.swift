/// What the sandbox tests and their executor say to each other: `name=value` texts; a name may come several times.
public struct ProbeMessage: Sendable {
    private var list: [String] = []

    public init() {}

    /// Texts that end in NUL.
    public init(_ bytes: [UInt8]) {
        list = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    public var bytes: [UInt8] { list.flatMap { Array($0.utf8) + [0] } }

    public func all(_ name: String) -> [String] {
        list.filter { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
    }

    public subscript(name: String) -> String? { all(name).first }

    public mutating func add(_ name: String, _ value: String) {
        list.append("\(name)=\(value)")
    }
}
