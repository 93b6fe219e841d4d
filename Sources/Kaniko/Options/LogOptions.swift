/// What is said on standard error.
public struct LogOptions: Hashable, Sendable {
    public enum Format: String, Hashable, Sendable {
        case text, color, json
    }

    /// From the one that says least.
    public enum Level: String, Hashable, Sendable, CaseIterable {
        case panic, fatal, error, warn, info, debug, trace
    }

    public var level: Level
    public var format: Format
    public var hasTimestamps: Bool

    init(_ flags: GivenFlags) throws(KanikoError) {
        // logrus knows two words for it.
        let word = flags.text("verbosity") == "warning" ? "warn" : flags.text("verbosity") ?? "info"
        guard let level = Level(rawValue: word.lowercased()) else {
            let known = Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw .badValue("--verbosity", word, reason: "it is one of \(known)")
        }
        self.level = level
        format = try flags.word("log-format", of: ["text", "color", "json"]).flatMap(Format.init) ?? .color
        hasTimestamps = flags.boolean("log-timestamp") ?? false
    }
}

extension LogOptions.Level: Comparable {
    public static func < (left: Self, right: Self) -> Bool {
        (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
}
