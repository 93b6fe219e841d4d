import OCI

extension TextRule {
    /// A JSON Schema for texts by a pattern; YAML's numbers and Booleans are texts here too.
    static func pattern(_ pattern: String, or others: [String] = ["number"]) -> JSONText {
        let text = JSONText.object([("type", .text("string")), ("pattern", .text("\(pattern)|\\$\\{"))])
        guard !others.isEmpty else { return text }
        return .object([("anyOf", .array([text, .object([("type", .array(others.map { .text($0) }))])]))])
    }

    private static let scalar = JSONText.object([
        ("type", .array([.text("string"), .text("number"), .text("boolean")]))
    ])

    /// Anything, also the empty text in quotes.
    static let any = TextRule(fault: { _ in nil }, schema: scalar)

    /// Anything but the empty text.
    static let some = TextRule(
        fault: { $0.isEmpty ? Fault(message: "the text is empty") : nil },
        schema: .object([
            ("type", .array([.text("string"), .text("number"), .text("boolean")])), ("minLength", .number(1)),
        ]))

    /// One of some words. Reserved words are known, but not served.
    private static func choice(_ words: [String], reserved: [String] = [], noun: String) -> TextRule {
        TextRule(
            fault: { text in
                if words.contains(text) { return nil }
                if reserved.contains(text) { return .reserved(text) }
                return Fault(
                    message: "\"\(text)\" is no \(noun): \(words.joined(separator: ", "))",
                    hint: Suggestion.hint(for: text, among: words))
            },
            schema: .object([
                (
                    "anyOf",
                    .array([
                        .object([("enum", .array(words.map { .text($0) }))]),
                        .object([("type", .text("string")), ("pattern", .text("\\$\\{"))]),
                    ])
                )
            ]))
    }

    private static func words<Word: RawRepresentable & CaseIterable>(
        of type: Word.Type, reserved: [String] = [], noun: String
    ) -> TextRule where Word.RawValue == String {
        choice(type.allCases.map(\.rawValue), reserved: reserved, noun: noun)
    }

    static let network = words(of: ImageSpec.Network.self, noun: "network")
    static let isolation = words(of: ImageSpec.Isolation.self, noun: "isolation")
    static let cacheMode = words(of: ImageSpec.CacheMode.self, noun: "cache mode")
    static let retryCause = words(of: ImageSpec.Retry.Cause.self, noun: "cause to try again")
    static let output = choice(["push"], noun: "output")
    static let processes = count(to: 4_194_304)
    static let attempts = count(to: 100)
    static let compression = words(of: LayerCompression.Method.self, noun: "compression")
    static let compressionLevel = count(to: 22)

    static let version = TextRule(
        fault: {
            $0 == "1" ? nil : Fault(message: "version \"\($0)\" is not known: this program reads version 1")
        },
        schema: .object([("enum", .array([.number(1), .text("1")]))]))

    static let size = TextRule(
        fault: {
            Quantity.bytes($0) == nil
                ? Fault(message: "\"\($0)\" is no size", hint: "as 4GiB, 512MiB, 100MB or a number of bytes") : nil
        },
        schema: pattern("^[0-9]+([.][0-9]+)? ?([kKMGT]i?)?B?$", or: ["integer"]))

    static let duration = TextRule(
        fault: {
            Quantity.seconds($0) == nil
                ? Fault(message: "\"\($0)\" is no duration", hint: "as 90s, 30m, 1h30m or 14d") : nil
        },
        schema: .object([("type", .text("string")), ("pattern", .text("^([0-9]+(d|h|m|s|ms))+$|\\$\\{"))]))

    static let processors = TextRule(
        fault: { text in
            guard let number = Quantity.decimal(text), number > 0, number <= 4096 else {
                return Fault(message: "\"\(text)\" is no number of processors", hint: "as 2 or 0.5")
            }
            return nil
        },
        schema: .object([
            (
                "anyOf",
                .array([
                    .object([
                        ("type", .text("number")), ("exclusiveMinimum", .number(0)), ("maximum", .number(4096)),
                    ]),
                    .object([("type", .text("string")), ("pattern", .text("^[0-9]+([.][0-9]+)?$|\\$\\{"))]),
                ])
            )
        ]))

    /// A whole number from 1.
    private static func count(to most: Int) -> TextRule {
        TextRule(
            fault: { text in
                guard let number = Quantity.integer(text), (1...Int64(most)).contains(number) else {
                    return Fault(message: "\"\(text)\" is no whole number from 1 to \(most)")
                }
                return nil
            },
            schema: .object([
                (
                    "anyOf",
                    .array([
                        .object([
                            ("type", .text("integer")), ("minimum", .number(1)), ("maximum", .number(most)),
                        ]),
                        .object([("type", .text("string")), ("pattern", .text("^[0-9]+$|\\$\\{"))]),
                    ])
                )
            ]))
    }

    static let epoch = TextRule(
        fault: { text in
            if ["git", "zero", "now"].contains(text) || Quantity.integer(text) != nil { return nil }
            if text == "context" { return .reserved(text) }
            return Fault(
                message: "\"\(text)\" is no epoch: git, zero, now or a number of seconds since 1970",
                hint: Suggestion.hint(for: text, among: ["git", "zero", "now"]))
        },
        schema: pattern("^(git|zero|now|[0-9]+)$", or: ["integer"]))
}

extension Fault {
    static func reserved(_ name: String) -> Fault {
        Fault(message: "\"\(name)\" is reserved: not served by this version")
    }
}
