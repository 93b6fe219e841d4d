/// Why steps ran, for people: the ledger's words as sentences.
public enum MissText {
    private static let sentences = [
        "layers_below_changed": "a step before it gave another result",
        "stage_changed": "the stage or image that it reads is another",
        "remote_source_changed": "what it fetches is another",
        "dockerfile_changed": "the instruction changed",
        "forced": "--no-cache was given",
        "cache_off": "the manifest says cache: {mode: off}",
        "fresh": "the manifest wants its stage fresh",
        "never_built": "it was never built here",
        "expired": "its result is older than cache.ttl",
        "result_missing": "its result is not in the store any more",
        "times_beyond_epoch": "its result has times beyond the epoch",
        "cache_damaged": "its entry in the shared cache is damaged",
    ]

    private static let subjects: [(word: String, sentence: @Sendable (String) -> String)] = [
        ("context_changed", { $0 == "." ? "the files it copies changed" : "\($0) changed" }),
        ("context_added", { "\($0) is new" }),
        ("context_removed", { "\($0) is gone" }),
        ("base_moved", { "\($0) is another image now" }),
        ("environment_changed", { "the variable \($0) changed" }),
        ("arg_changed", { "the argument \($0) changed" }),
        ("after_step", { "step \($0) runs first" }),
        ("more", { "and \($0) more" }),
    ]

    /// `src/main.c changed, and 3 more`, of `context_changed:src/main.c, more:3`. An unknown word stays as it is.
    public static func sentence(_ reasons: String) -> String {
        words(reasons).map(sentence(ofWord:)).joined(separator: ", ").replacing(", and ", with: " and ")
    }

    /// The single words; the path in one may hold a comma.
    public static func words(_ reasons: String) -> [String] {
        var words: [String] = []
        for piece in reasons.components(separatedBy: ", ") {
            if words.isEmpty || isWord(piece) { words.append(piece) } else { words[words.count - 1] += ", \(piece)" }
        }
        return words
    }

    private static func isWord(_ text: String) -> Bool {
        sentences[text] != nil || subjects.contains { text.hasPrefix("\($0.word):") }
    }

    private static func sentence(ofWord word: String) -> String {
        if let sentence = sentences[word] { return sentence }
        for subject in subjects where word.hasPrefix("\(subject.word):") {
            return subject.sentence(String(word.dropFirst(subject.word.count + 1)))
        }
        return word
    }
}

extension String {
    /// Split at every occurrence of a text.
    fileprivate func components(separatedBy separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
