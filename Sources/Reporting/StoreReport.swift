internal import OCI

/// What is in the state folder and what of it was pruned, as a table.
public struct StoreReport: Sendable {
    /// One class of things.
    public struct Row: Hashable, Sendable, Encodable {
        public var name: String
        public var items: Int
        public var sizeInBytes: Int64
        public var removedItems: Int
        public var removedBytes: Int64
        /// What stays because a run uses it.
        public var itemsInUse: Int

        public init(
            name: String, items: Int, sizeInBytes: Int64, removedItems: Int, removedBytes: Int64, itemsInUse: Int
        ) {
            self.name = name
            self.items = items
            self.sizeInBytes = sizeInBytes
            self.removedItems = removedItems
            self.removedBytes = removedBytes
            self.itemsInUse = itemsInUse
        }
    }

    /// One thing.
    public struct Item: Hashable, Sendable, Encodable {
        public var type: String
        /// Its path in the state folder; of a cache that steps mount also its id.
        public var path: String
        public var id: String?
        public var sizeInBytes: Int64
        /// Seconds since 1970.
        public var lastUsed: Double
        public var isRemoved: Bool

        public init(
            type: String, path: String, id: String?, sizeInBytes: Int64, lastUsed: Double, isRemoved: Bool
        ) {
            self.type = type
            self.path = path
            self.id = id
            self.sizeInBytes = sizeInBytes
            self.lastUsed = lastUsed
            self.isRemoved = isRemoved
        }
    }

    private struct Document: Encodable {
        var isDryRun: Bool
        var classes: [Row]
        var removedBytes: Int64
        var items: [Item]?
    }

    private let rows: [Row]
    private let items: [Item]?
    private let isDryRun: Bool

    /// `items` are listed too, if there are any.
    public init(_ rows: [Row], items: [Item]? = nil, isDryRun: Bool) {
        self.rows = rows
        self.items = items
        self.isDryRun = isDryRun
    }

    private var total: Row {
        rows.reduce(
            into: Row(name: "total", items: 0, sizeInBytes: 0, removedItems: 0, removedBytes: 0, itemsInUse: 0)
        ) { total, row in
            total.items += row.items
            total.sizeInBytes += row.sizeInBytes
            total.removedItems += row.removedItems
            total.removedBytes += row.removedBytes
            total.itemsInUse += row.itemsInUse
        }
    }

    public func json() throws -> String {
        let document = Document(isDryRun: isDryRun, classes: rows, removedBytes: total.removedBytes, items: items)
        return String(decoding: try OCIDocument.encode(document), as: UTF8.self) + "\n"
    }

    /// Without `width` nothing is cut.
    public func lines(width: Int? = nil) -> [String] {
        var table = TextTable([
            .init(title: "CLASS"), .init(title: "ITEMS", isNumber: true), .init(title: "SIZE", isNumber: true),
            .init(title: isDryRun ? "WOULD GO" : "REMOVED", isNumber: true),
            .init(title: isDryRun ? "WOULD FREE" : "FREED", isNumber: true), .init(title: "IN USE", isNumber: true),
        ])
        for row in rows + [total] {
            table.add([
                row.name, "\(row.items)", Quantity.bytes(row.sizeInBytes), "\(row.removedItems)",
                Quantity.bytes(row.removedBytes), row.itemsInUse == 0 ? "" : "\(row.itemsInUse)",
            ])
        }
        return itemLines(width: width) + table.lines(width: width)
    }

    private func itemLines(width: Int?) -> [String] {
        guard let items, !items.isEmpty else { return [] }
        var table = TextTable([
            .init(title: "CLASS"), .init(title: "ITEM", shrinks: true), .init(title: "SIZE", isNumber: true),
            .init(title: "LAST USED"), .init(title: ""),
        ])
        for item in items {
            table.add([
                item.type, item.id ?? item.path, Quantity.bytes(item.sizeInBytes), DateText.short(item.lastUsed),
                item.isRemoved ? isDryRun ? "would go" : "removed" : "",
            ])
        }
        return table.lines(width: width) + [""]
    }

    /// What was pruned, for the end of a run; nil if it was nothing.
    public var summary: String? {
        let removed = rows.filter { $0.removedItems > 0 }
        guard !removed.isEmpty else { return nil }
        let parts = removed.map { "\($0.removedItems) \($0.name)" }.joined(separator: ", ")
        return "pruned \(parts): \(Quantity.bytes(total.removedBytes)) freed"
    }
}
