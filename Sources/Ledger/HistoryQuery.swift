internal import GRDB
internal import Jobs

/// The SELECT of a filter, made so that a history of a million builds answers in some 50 ms.
///
/// SQLite has no statistics of our columns, so we look: a condition that few builds pass leads, by its index. If all
/// are passed by many, the builds are read from the newest on until enough were found.
struct HistoryQuery {
    struct Condition {
        /// Of a row `b` of `builds`.
        var test: String
        /// A column of `b`, and a query that yields its values by an index.
        var key: (column: String, query: String)
        var arguments: StatementArguments
    }

    let sql: String
    let arguments: StatementArguments

    /// So many rows are fetched one by one and sorted in less than 100 ms.
    private static let few = 50_000

    init(_ filter: HistoryFilter, in database: Database) throws {
        let conditions = filter.conditions
        let leader = try Self.leader(of: conditions, in: database)
        var tests: [String] = []
        var values = StatementArguments()
        for (index, condition) in conditions.enumerated() {
            tests.append(
                index == leader ? "b.\(condition.key.column) IN (\(condition.key.query))" : condition.test)
            values += condition.arguments
        }
        let clause = tests.isEmpty ? "" : "WHERE " + tests.joined(separator: " AND ")
        sql = "SELECT b.* FROM builds b \(clause) ORDER BY b.seq DESC LIMIT ?"
        arguments = values + [filter.limit]
    }

    /// The condition that the fewest builds pass, if they are few.
    private static func leader(of conditions: [Condition], in database: Database) throws -> Int? {
        let counts = try conditions.map { condition in
            let sql = "SELECT count(*) FROM (\(condition.key.query) LIMIT \(few))"
            return try Int.fetchOne(database, sql: sql, arguments: condition.arguments) ?? few
        }
        guard let least = counts.min(), least < few else { return nil }
        return counts.firstIndex(of: least)
    }
}

extension HistoryFilter {
    /// A plus sign before a column keeps SQLite from its index (https://www.sqlite.org/optoverview.html#uplus).
    fileprivate var conditions: [HistoryQuery.Condition] {
        var conditions: [HistoryQuery.Condition] = []
        func add(_ column: String, _ test: String, _ arguments: StatementArguments, isOrdered: Bool = false) {
            conditions.append(
                .init(
                    test: "\(isOrdered ? "" : "+")b.\(column) \(test)",
                    key: ("seq", "SELECT seq FROM builds WHERE \(column) \(test)"), arguments: arguments))
        }
        if let image, image.contains(where: { $0 == "*" || $0 == "?" }) {
            add("image", "IN (SELECT image FROM heads WHERE image GLOB ?)", [Self.glob(image)])
        } else if let image {
            // Its index has the builds of an image in their order.
            add("image", "= ?", [image], isOrdered: true)
        }
        if !statuses.isEmpty {
            let places = statuses.map { _ in "?" }.joined(separator: ", ")
            add("status", "IN (\(places))", StatementArguments(statuses.map(\.rawValue)))
        }
        if let since { add("ended", ">= ?", [since]) }
        if let until { add("ended", "< ?", [until]) }
        if let slowerThanInSeconds { add("seconds", "> ?", [slowerThanInSeconds]) }
        if let run { add("run", "= ?", [run.uppercased()]) }
        if let base { conditions.append(Self.condition(base: base)) }
        return conditions
    }

    private static func condition(base: String) -> HistoryQuery.Condition {
        let digest = base.hasPrefix("sha256:") ? base : "sha256:\(base)"
        let material = "m.role IN ('base', 'parent') AND m.digest >= ? AND m.digest < ?"
        return .init(
            test: "EXISTS (SELECT 1 FROM materials m WHERE m.build = b.id AND \(material))",
            key: ("id", "SELECT m.build FROM materials m WHERE \(material)"),
            arguments: [digest, digest + "\u{10FFFF}"])
    }

    /// Brackets mean nothing in our patterns, but do in SQLite's.
    private static func glob(_ pattern: String) -> String {
        pattern.map { $0 == "[" ? "[[]" : String($0) }.joined()
    }
}
