/// A heredoc word: `[digits]<<[-]WORD`.
struct Heredoc: Equatable {
    /// The terminator, unquoted.
    let name: String
    /// `<<-`: leading tabs of the body and of the terminator do not count.
    let stripsTabs: Bool

    /// Nil if the word is none.
    init?(_ word: String) {
        let scalars = Scalars(word).drop { (0x30...0x39).contains($0.value) }
        guard scalars.starts(with: ["<", "<"]) else { return nil }
        var rest = scalars.dropFirst(2)
        stripsTabs = rest.first == "-"
        if stripsTabs { rest.removeFirst() }
        guard !rest.isEmpty, !rest.contains("<") else { return nil }
        let unquoted = try? WordExpander(escape: .backslash, mode: .keepsUnset).expand(rest.text) { _ in nil }
        guard let words = unquoted?.words, words.count == 1 else { return nil }
        name = words[0]
    }

    /// All heredocs of an instruction's line, in order. A line that no shell would understand has none.
    static func all(in line: Scalars) -> [Heredoc] {
        guard line.contains("<") else { return [] }
        let expander = WordExpander(escape: .backslash, mode: [.keepsQuotes, .keepsEscapes, .keepsUnset])
        guard let split = try? expander.expand(line.text, lookup: { _ in nil }) else { return [] }
        return split.words.compactMap(Heredoc.init)
    }
}
