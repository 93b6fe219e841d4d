/// Why the cache had no result for a step, in the ledger's words.
enum MissReason {
    /// `--no-cache`.
    static let forced = "forced"
    /// `cache: {mode: off}`.
    static let off = "cache_off"
    static let neverBuilt = "never_built"
    /// The key is the same, the layer's blob is gone or damaged.
    static let resultMissing = "result_missing"
    /// The result has times beyond the job's bound.
    static let timesBeyondEpoch = "times_beyond_epoch"

    /// What differs between the parts of two keys of one step, at most five things.
    static func changes(from before: [String: String], to now: StepKey) -> String {
        let summary = now.summary
        let changed = now.parts.map(\.name).filter { before[$0] != summary[$0] }
        let gone = before.keys.filter { summary[$0] == nil }.sorted()
        var reasons: [String] = []
        for reason in (changed + gone).map(word) where !reasons.contains(reason) { reasons.append(reason) }
        return reasons.isEmpty ? resultMissing : reasons.prefix(5).joined(separator: ", ")
    }

    /// The word for a part of a key.
    private static func word(_ part: String) -> String {
        for prefix in ["context file /", "context folder /"] where part.hasPrefix(prefix) {
            let path = part.dropFirst(prefix.count)
            return "context_changed:\(path.isEmpty ? "." : path)"
        }
        switch part {
        case "parent layers": return "layers_below_changed"
        case "source layers": return "stage_changed"
        case "download", "repository": return "remote_source_changed"
        case "environment": return "environment_changed"
        default: return "dockerfile_changed"
        }
    }
}
