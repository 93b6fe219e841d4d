/// How far names are from each other, in typing errors.
enum NameDistance {
    /// Those with at most a third of their bytes wrong, and those that begin with the name; the nearest first.
    static func nearest(to name: Substring, among names: some Sequence<Substring>) -> [String] {
        let wanted = Array(name.lowercased().utf8)
        guard (1...64).contains(wanted.count) else { return [] }
        let found = names.compactMap { candidate -> (name: Substring, distance: Int)? in
            let bytes = Array(candidate.lowercased().utf8)
            guard bytes.count <= 64 else { return nil }
            if bytes.starts(with: wanted) { return (candidate, 1) }
            let distance = errors(wanted, bytes)
            return distance <= max(wanted.count, bytes.count) / 3 ? (candidate, distance) : nil
        }
        return found.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.map { String($0.name) }
    }

    /// Insertions, deletions and replacements that lead from one to the other.
    private static func errors(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let cost = min(diagonal + (byte == other ? 0 : 1), row[j] + 1, row[j + 1] + 1)
                (diagonal, row[j + 1]) = (row[j + 1], cost)
            }
        }
        return row[right.count]
    }
}
