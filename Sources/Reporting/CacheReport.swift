/// Caches of `RUN --mount=type=cache`, as a table.
public struct CacheReport: Sendable {
    /// One cache, and what became of it.
    public struct Row: Hashable, Sendable, Encodable {
        public enum Fate: String, Sendable, Encodable {
            case kept, removed
            /// A step has it now: it stays.
            case inUse = "in use"
            /// It would be, without --dry-run.
            case removable
        }

        public var id: String
        public var sizeInBytes: Int64
        /// Seconds since 1970.
        public var lastUsed: Double
        public var fate: Fate

        public init(id: String, sizeInBytes: Int64, lastUsed: Double, fate: Fate) {
            self.id = id
            self.sizeInBytes = sizeInBytes
            self.lastUsed = lastUsed
            self.fate = fate
        }
    }

    private let rows: [Row]

    public init(_ rows: [Row]) {
        self.rows = rows
    }

    /// A table and a sum; without `width` nothing is cut.
    public func lines(width: Int? = nil) -> [String] {
        guard !rows.isEmpty else { return ["no cache mounts"] }
        var table = TextTable([
            .init(title: "CACHE", shrinks: true), .init(title: "SIZE", isNumber: true), .init(title: "LAST USED"),
            .init(title: ""),
        ])
        for row in rows {
            table.add([
                row.id, Quantity.bytes(row.sizeInBytes), DateText.short(row.lastUsed),
                row.fate.rawValue,
            ])
        }
        let sums = [sum(.removed, "removed"), sum(.removable, "removable")].compactMap(\.self)
        return table.lines(width: width) + (sums.isEmpty ? [] : [""] + sums)
    }

    private func sum(_ fate: Row.Fate, _ word: String) -> String? {
        let rows = self.rows.filter { $0.fate == fate }
        guard !rows.isEmpty else { return nil }
        return "\(rows.count) \(word), \(Quantity.bytes(rows.reduce(0) { $0 + $1.sizeInBytes }))"
    }
}
