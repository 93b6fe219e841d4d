/// "Did you mean": the nearest of the known names.
public enum Suggestion {
    /// Nil if none is within two edits (Levenshtein), or the name itself is known.
    public static func nearest(to name: String, in known: some Sequence<String>) -> String? {
        var best: (name: String, distance: Int)?
        for candidate in known {
            let distance = distance(name, candidate)
            if distance == 0 { return nil }
            if distance <= 2, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// ` (did you mean …?)`; empty if there is nothing to suggest.
    static func hint(_ suggestion: String?) -> String {
        suggestion.map { " (did you mean \($0)?)" } ?? ""
    }

    /// Levenshtein distance, in scalars; anything above two may be reported as three.
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Scalars(left)
        let right = Scalars(right)
        guard abs(left.count - right.count) <= 2 else { return 3 }
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a == b ? 0 : 1))
                diagonal = above
            }
        }
        return row[right.count]
    }
}
