internal import GRDB
public import SystemPackage

/// Answers questions about the history. Reads only; a run may be writing meanwhile.
///
/// The calls block while SQLite reads.
public struct LedgerReader: Sendable {
    private let queue: DatabaseQueue?
    private let path: FilePath

    /// A state folder without a ledger has an empty history.
    public init(_ path: FilePath) throws(LedgerError) {
        self.path = path
        queue = try LedgerFile.openForReading(path)
    }

    /// Builds that pass a filter, newest first.
    public func builds(_ filter: HistoryFilter) throws(LedgerError) -> [HistoryEntry] {
        guard let queue else { return [] }
        return try LedgerFile.guarding(path) {
            try queue.read { database in
                let query = try HistoryQuery(filter, in: database)
                return try Row.fetchAll(database, sql: query.sql, arguments: query.arguments).map(HistoryEntry.init)
            }
        }
    }

    /// The build that a text names: a ULID or its beginning, a digest or its beginning, `IMAGE` for the latest build of
    /// an image, `IMAGE^1` for the one before.
    public func detail(of text: String) throws(LedgerError) -> HistoryDetail {
        let build = try find(text)
        let id: StatementArguments = [build.build]
        return HistoryDetail(
            build: build,
            steps: try rows("SELECT * FROM steps WHERE build = ? ORDER BY n", id).map(HistoryStep.init),
            materials: try rows("SELECT * FROM materials WHERE build = ? ORDER BY role, ref", id)
                .map { HistoryMaterial(role: $0["role"], reference: $0["ref"], digest: $0["digest"]) },
            tags: try rows("SELECT * FROM tags WHERE build = ? ORDER BY seq", id)
                .map { HistoryTag(reference: $0["ref"], at: $0["at"], digest: $0["digest"], previous: $0["previous"]) })
    }

    /// The longest of the last five builds of each image, in seconds: what the next may take.
    public func durations() throws(LedgerError) -> [String: Double] {
        let rows = try rows(
            """
            SELECT h.image, (SELECT max(b.seconds) FROM (SELECT seconds FROM builds WHERE image = h.image
              AND seconds IS NOT NULL ORDER BY seq DESC LIMIT 5) b) AS seconds FROM heads h
            """, [])
        return Dictionary(rows.compactMap { row in (row["seconds"] as Double?).map { (row["image"], $0) } }) {
            max($0, $1)
        }
    }

    /// The latest build of an image that came about, for its digests.
    public func latestSuccess(of image: String, platform: String) throws(LedgerError) -> HistoryEntry? {
        try rows(
            """
            SELECT * FROM builds WHERE image = ? AND platform = ? AND digest IS NOT NULL
              AND status IN ('built', 'unchanged', 'fresh', 'retagged') ORDER BY seq DESC LIMIT 1
            """, [image, platform]
        ).first.map(HistoryEntry.init)
    }

    /// Logs of builds that did not come about; relative to the state folder.
    public func failedLogs() throws(LedgerError) -> Set<String> {
        Set(
            try rows(
                """
                SELECT log FROM builds WHERE log IS NOT NULL AND status NOT IN ('built', 'unchanged', 'fresh', 'retagged')
                """, []
            ).map { $0["log"] })
    }

    private func find(_ text: String) throws(LedgerError) -> HistoryEntry {
        let (name, back) = try Self.generation(text)
        if let build = try latest("image", name, back: back) { return build }
        guard back == 0 else { throw .notFound("build \(back) before the latest of \(name)") }
        if let id = try theOne("id", beginning: text.uppercased()), let build = try latest("id", id) { return build }
        let digest = text.hasPrefix("sha256:") ? text : "sha256:\(text)"
        if digest != "sha256:", let digest = try theOne("digest", beginning: digest),
            let build = try latest("digest", digest)
        {
            return build
        }
        throw .notFound("image, build or digest \"\(text)\"")
    }

    private func latest(_ column: String, _ value: String, back: Int = 0) throws(LedgerError) -> HistoryEntry? {
        try rows("SELECT * FROM builds WHERE \(column) = ? ORDER BY seq DESC LIMIT 1 OFFSET ?", [value, back])
            .first.map(HistoryEntry.init)
    }

    /// The only value that begins so; nil if there is none, an error if there are several.
    private func theOne(_ column: String, beginning text: String) throws(LedgerError) -> String? {
        guard !text.isEmpty else { return nil }
        // A range in the order of the index: it reads no further than the fourth value.
        let values: [String] = try rows(
            "SELECT DISTINCT \(column) FROM builds WHERE \(column) >= ? AND \(column) < ? ORDER BY \(column) LIMIT 4",
            [text, text + "\u{10FFFF}"]
        ).map { $0[0] }
        guard values.count < 2 else {
            throw .ambiguous(text, candidates: values.prefix(3) + (values.count > 3 ? ["…"] : []))
        }
        return values.first
    }

    /// `IMAGE^2` as name and number of builds to go back.
    private static func generation(_ text: String) throws(LedgerError) -> (String, Int) {
        guard let caret = text.lastIndex(of: "^") else { return (text, 0) }
        let count = text[text.index(after: caret)...]
        guard let back = count.isEmpty ? 1 : Int(count), back >= 0 else {
            throw .badQuery("\"\(text)\": after ^ a number of builds to go back is needed")
        }
        return (String(text[..<caret]), back)
    }

    private func rows(_ sql: String, _ arguments: StatementArguments) throws(LedgerError) -> [Row] {
        guard let queue else { return [] }
        return try LedgerFile.guarding(path) {
            try queue.read { try Row.fetchAll($0, sql: sql, arguments: arguments) }
        }
    }
}
