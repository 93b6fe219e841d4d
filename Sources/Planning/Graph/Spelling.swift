/// Finds what a mistyped name was meant to be.
enum Spelling {
    /// The known name with the fewest changes of one letter; nil when more than a third of it would have to change.
    static func nearest(to text: String, among known: [String]) -> String? {
        let letters = Array(text.utf8)
        let limit = max(1, letters.count / 3)
        let distances = known.map { (name: $0, distance: distance(letters, Array($0.utf8), limit: limit)) }
        guard let best = distances.min(by: { $0.distance < $1.distance }), best.distance <= limit else { return nil }
        return best.name
    }

    /// Letters to insert, remove, replace or swap with their neighbour; anything over the limit is `limit + 1`.
    private static func distance(_ left: [UInt8], _ right: [UInt8], limit: Int) -> Int {
        guard abs(left.count - right.count) <= limit else { return limit + 1 }
        var (older, previous) = ([Int](), Array(0...right.count))
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var best = min(previous[column + 1], current[column]) + 1
                best = min(best, previous[column] + (letter == other ? 0 : 1))
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    best = min(best, older[column - 1] + 1)
                }
                current.append(best)
            }
            (older, previous) = (previous, current)
        }
        return previous[right.count]
    }
}
