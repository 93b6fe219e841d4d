/// A document that stands in the Dockerfile behind the instruction that uses it.
public struct Heredoc: Hashable, Sendable {
    /// The terminator, unquoted; also the file's name in COPY and ADD.
    public let name: String
    /// The lines as they are in the file, each with its line feed; without leading tabs if those are stripped. After
    /// `Instruction.expanded` with variables replaced, if the instruction does that.
    public var body: [UInt8]
    /// No part of the word was quoted: COPY and ADD expand the body.
    public let isExpanded: Bool
    /// Written `<<-`: leading tabs of the lines and of the terminator do not count.
    public let stripsTabs: Bool

    public init(name: String, body: [UInt8], isExpanded: Bool = true, stripsTabs: Bool = false) {
        self.name = name
        self.body = body
        self.isExpanded = isExpanded
        self.stripsTabs = stripsTabs
    }
}

/// A word that announces a heredoc: `[digits]<<[-]WORD`.
struct HeredocWord: Hashable {
    let name: String
    let isExpanded: Bool
    let stripsTabs: Bool

    /// Nil if the word is none.
    init?(_ word: String) {
        let scalars = Scalars(word).drop { (0x30...0x39).contains($0.value) }
        guard scalars.starts(with: ["<", "<"]) else { return nil }
        var rest = scalars.dropFirst(2)
        stripsTabs = rest.first == "-"
        if stripsTabs { rest.removeFirst() }
        guard !rest.isEmpty, !rest.contains("<"), let name = Self.name(rest.text, mode: .keepsUnset) else { return nil }
        self.name = name
        isExpanded = name == Self.name(rest.text, mode: .asWritten)
    }

    /// Nil unless the text is a single word.
    private static func name(_ text: String, mode: WordExpander.Mode) -> String? {
        let words = try? WordExpander(escape: .backslash, mode: mode).expand(text) { _ in nil }.words
        return words?.count == 1 ? words?[0] : nil
    }

    /// All of an instruction's line, in order. A line that no shell would understand has none.
    static func all(in line: Scalars) -> [HeredocWord] {
        guard line.contains("<") else { return [] }
        let expander = WordExpander(escape: .backslash, mode: .asWritten)
        guard let split = try? expander.expand(line.text, lookup: { _ in nil }) else { return [] }
        return split.words.compactMap(HeredocWord.init)
    }
}

/// A heredoc's word and the lines that follow, nothing stripped.
struct HeredocText {
    let word: HeredocWord
    let lines: [UInt8]

    var heredoc: Heredoc {
        Heredoc(
            name: word.name, body: word.stripsTabs ? Self.withoutLeadingTabs(lines) : lines,
            isExpanded: word.isExpanded, stripsTabs: word.stripsTabs)
    }

    /// The body and its terminator, as a shell reads them behind the command line.
    var asWritten: [UInt8] { lines + Array(word.name.utf8) }

    private static func withoutLeadingTabs(_ lines: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(lines.count)
        var isAtStart = true
        for byte in lines where !(isAtStart && byte == UInt8(ascii: "\t")) {
            result.append(byte)
            isAtStart = byte == UInt8(ascii: "\n")
        }
        return result
    }
}
