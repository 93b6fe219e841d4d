/// Why the cache had no result for a step, in the ledger's words.
enum MissReason {
    /// `--no-cache`.
    static let forced = "forced"
    /// `cache: {mode: off}`.
    static let off = "cache_off"
    /// `cache: {fresh: [STAGE]}`.
    static let fresh = "fresh"
    static let neverBuilt = "never_built"
    /// The result is older than `cache: {ttl: …}`.
    static let expired = "expired"
    /// The key is the same, the layer's blob is gone or damaged.
    static let resultMissing = "result_missing"
    /// The result has times beyond the job's bound.
    static let timesBeyondEpoch = "times_beyond_epoch"

    /// Only known once another step has run.
    static func after(step: Int) -> String { "after_step:\(step)" }

    private static let most = 5

    /// What differs between the parts of two keys of one step, at most five things and how many more there are.
    static func changes(from before: [String: String], files: FileListing.Files, to now: StepKey) -> String {
        var reasons = fileChanges(from: files, to: FileListing.all(now.listings))
        let summary = now.summary
        let changed = summary.keys.filter { before[$0] != summary[$0] } + before.keys.filter { summary[$0] == nil }
        for part in changed.sorted() {
            guard let word = word(part, before, summary, hasFiles: !reasons.isEmpty), !reasons.contains(word) else {
                continue
            }
            reasons.append(word)
        }
        guard !reasons.isEmpty else { return resultMissing }
        let more = reasons.count - most
        return reasons.prefix(most).joined(separator: ", ") + (more > 0 ? ", more:\(more)" : "")
    }

    private static func fileChanges(from before: FileListing.Files, to now: FileListing.Files) -> [String] {
        func text(_ path: [UInt8]) -> String {
            let path = String(decoding: path.drop { $0 == 47 }, as: UTF8.self)
            return path.isEmpty ? "." : path
        }
        // A step that was never listed is no step all of whose files are new.
        guard !before.isEmpty else { return [] }
        let changed = now.filter { before[$0.key] != nil && before[$0.key] != $0.value }.keys.map { text($0) }
        let added = now.keys.filter { before[$0] == nil }.map { text($0) }
        let removed = before.keys.filter { now[$0] == nil }.map { text($0) }
        return changed.sorted().map { "context_changed:\($0)" } + added.sorted().map { "context_added:\($0)" }
            + removed.sorted().map { "context_removed:\($0)" }
    }

    /// The word for a part of a key; nil for one of which others say more.
    private static func word(
        _ part: String, _ before: [String: String], _ now: [String: String], hasFiles: Bool
    ) -> String? {
        if part.hasPrefix("variable ") {
            let name = part.dropFirst("variable ".count)
            let isArgument = now["argument \(name)"] != nil || before["argument \(name)"] != nil
            return "\(isArgument ? "arg" : "environment")_changed:\(name)"
        }
        if part.hasPrefix("from context /") {
            let path = part.dropFirst("from context /".count)
            return hasFiles ? nil : "context_changed:\(path.isEmpty ? "." : path)"
        }
        if part.hasPrefix("argument ") { return nil }
        switch part {
        case "parent layers":
            if let base = now["base"], before["base"] != nil { return "base_moved:\(base)" }
            return "layers_below_changed"
        case "source layers": return "stage_changed"
        case "download", "repository": return "remote_source_changed"
        case "base": return nil
        case "context", "source name", "number of sources": return hasFiles ? nil : "context_changed:."
        default: return "dockerfile_changed"
        }
    }
}
