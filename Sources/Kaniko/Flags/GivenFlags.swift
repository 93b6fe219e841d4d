internal import Manifest

/// The flags of a command line, read as Go's pflag reads them: `--flag=value`, `--flag value`, `-f value`, `-fvalue`,
/// booleans without a value or with one behind `=`, flags and arguments in any order, `--` before arguments alone.
public struct GivenFlags: Sendable {
    /// What is no flag.
    public private(set) var arguments: [String] = []
    /// `--help` or `-h` was there.
    public private(set) var asksForHelp = false
    /// Notes for the user: older spellings.
    private(set) var notes: [String] = []
    private var values: [String: [String]] = [:]
    private let flags: [Flag]
    /// The flag before the next text, if it is one without a value.
    private var bareFlag: String?
    /// The one before the first argument.
    private var flagBeforeArgument: String?

    public init(_ texts: [String], of flags: [Flag]) throws(KanikoError) {
        self.flags = flags
        var rest = texts[...]
        while let text = rest.popFirst() {
            if text == "--" {
                arguments += rest
                break
            } else if text.hasPrefix("--") {
                try readLong(text.dropFirst(2), &rest)
            } else if text.hasPrefix("-"), text != "-" {
                try readShort(text.dropFirst(), &rest)
            } else {
                if arguments.isEmpty { flagBeforeArgument = GoText.boolean(text) == nil ? nil : bareFlag }
                arguments.append(text)
            }
        }
    }

    /// Throws if there is anything but flags.
    func checkNoArguments() throws(KanikoError) {
        guard let first = arguments.first else { return }
        throw .unexpectedArgument(first, after: flagBeforeArgument)
    }

    private mutating func readLong(_ text: Substring, _ rest: inout ArraySlice<String>) throws(KanikoError) {
        let name = String(text.prefix { $0 != "=" })
        let value = text.count > name.count ? String(text.dropFirst(name.count + 1)) : nil
        if name == "help" { return asksForHelp = true }
        guard let flag = flags.first(where: { $0.name == name }) else {
            throw .unknownFlag("--\(name)", nearest: nearest(to: name))
        }
        try add(value, to: flag, &rest)
    }

    /// Letters without a value may stand together.
    private mutating func readShort(_ text: Substring, _ rest: inout ArraySlice<String>) throws(KanikoError) {
        // A long name with one dash is a usual slip, and never meant as letters.
        let name = text.prefix { $0 != "=" }
        if name.count > 1, flags.contains(where: { $0.name == name }) {
            throw .unknownFlag("-\(text)", nearest: "--\(text)")
        }
        var letters = text
        while let letter = letters.popFirst() {
            if letter == "h" {
                asksForHelp = true
                continue
            }
            guard let flag = flags.first(where: { $0.short == letter }) else {
                throw .unknownFlag("-\(text)", nearest: nil)
            }
            let hasValue = !letters.isEmpty && (flag.kind != .boolean || letters.hasPrefix("="))
            guard hasValue else {
                try add(nil, to: flag, &rest)
                continue
            }
            return try add(String(letters.hasPrefix("=") ? letters.dropFirst() : letters), to: flag, &rest)
        }
    }

    private mutating func add(
        _ value: String?, to given: Flag, _ rest: inout ArraySlice<String>
    ) throws(KanikoError) {
        bareFlag = value == nil && given.kind == .boolean ? "--\(given.name)" : nil
        let value = value ?? (given.kind == .boolean ? "true" : rest.popFirst())
        guard let value else { throw .missingValue("--\(given.name)") }
        var name = given.name
        if let present = given.replacedBy {
            notes.append("--\(name) is an older spelling of --\(present)")
            name = present
        }
        try Self.check(value, of: given)
        values[name, default: []].append(value)
    }

    /// Also of a flag that does nothing: a slip is a slip.
    private static func check(_ value: String, of flag: Flag) throws(KanikoError) {
        switch flag.kind {
        case .boolean where GoText.boolean(value) == nil:
            throw .badValue("--\(flag.name)", value, reason: "true or false is needed")
        case .number where !value.isEmpty && GoText.number(value) == nil:
            throw .badValue("--\(flag.name)", value, reason: "a number is needed")
        case .duration where !value.isEmpty && GoText.seconds(value) == nil:
            throw .badValue("--\(flag.name)", value, reason: "a duration is needed, as 6h or 1h30m")
        default: break
        }
    }

    private func nearest(to name: String) -> String? {
        Suggestion.nearest(to: name, among: flags.map(\.name)).map { "--\($0)" }
    }
}

extension GivenFlags {
    /// Whether the flag is there, with whatever value.
    func has(_ name: String) -> Bool { values[name] != nil }

    /// The last value; nil for a flag that is not there, or empty, as of a variable that is not set.
    func text(_ name: String) -> String? { values[name]?.last.flatMap { $0.isEmpty ? nil : $0 } }

    /// All values but empty ones.
    func texts(_ name: String) -> [String] { (values[name] ?? []).filter { !$0.isEmpty } }

    func boolean(_ name: String) -> Bool? { values[name]?.last.flatMap(GoText.boolean) }

    func number(_ name: String) -> Int? { text(name).flatMap(GoText.number) }

    func seconds(_ name: String) -> Double? { text(name).flatMap(GoText.seconds) }

    /// One of some words.
    func word(_ name: String, of known: [String]) throws(KanikoError) -> String? {
        guard let text = text(name) else { return nil }
        guard known.contains(text) else {
            throw .badValue("--\(name)", text, reason: "it is one of \(known.joined(separator: ", "))")
        }
        return text
    }

    /// `NAME=VALUE`, in order.
    func pairs(_ name: String) throws(KanikoError) -> [(name: String, value: String)] {
        var pairs: [(String, String)] = []
        for text in texts(name) {
            guard let pair = KeyValue(text) else {
                throw .badValue("--\(name)", text, reason: "NAME=VALUE is needed")
            }
            pairs.append((pair.name, pair.value))
        }
        return pairs
    }

    /// One line for each flag that is there and does nothing.
    var idleNotes: [String] {
        notes
            + flags.compactMap { flag in
                flag.idle.flatMap { reason in has(flag.name) ? "--\(flag.name) does nothing: \(reason)" : nil }
            }
    }
}
