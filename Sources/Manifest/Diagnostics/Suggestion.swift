/// Finds what was meant by a name that does not exist.
public enum Suggestion {
    /// The hint `did you mean "…"`, or nil if nothing is near.
    static func hint(for name: String, among names: some Sequence<String>) -> String? {
        nearest(to: name, among: names).map { "did you mean \"\($0)\"?" }
    }

    /// The name with the fewest typing errors, at most a third of its length; the first of equals.
    public static func nearest(to name: String, among names: some Sequence<String>) -> String? {
        let text = Array(name.lowercased().utf8)
        guard (1...64).contains(text.count) else { return nil }
        var best: (name: String, distance: Int)?
        for candidate in names.prefix(2000) where candidate.utf8.count <= 64 {
            let other = Array(candidate.lowercased().utf8)
            let longer = max(text.count, other.count)
            let allowed = longer < 3 ? 0 : longer / 3
            guard abs(text.count - other.count) <= allowed else { continue }
            let distance = distance(text, other)
            if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// Insertions, deletions, replacements and swaps of neighbours that lead from one text to the other.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var rows = [Array(0...right.count)]
        for (i, byte) in left.enumerated() {
            var row = [i + 1]
            for (j, other) in right.enumerated() {
                var cost = min(rows[i][j] + (byte == other ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, byte == right[j - 1], left[i - 1] == other { cost = min(cost, rows[i - 1][j - 1] + 1) }
                row.append(cost)
            }
            rows.append(row)
        }
        return rows[left.count][right.count]
    }
}
