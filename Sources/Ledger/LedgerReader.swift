internal import FoundationEssentials
internal import GRDB
internal import Jobs
internal import OCI
public import SystemPackage

/// Answers questions about the history. Reads only; a run may be writing meanwhile.
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
        let (condition, arguments) = filter.sql
        return try rows("SELECT b.* FROM builds b \(condition) ORDER BY b.seq DESC LIMIT ?", arguments + [filter.limit])
            .map(HistoryEntry.init)
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

    /// How long the last successful build of each image took, in seconds.
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

    private func find(_ text: String) throws(LedgerError) -> HistoryEntry {
        let (name, back) = try Self.generation(text)
        if let row = try rows(
            "SELECT * FROM builds WHERE image = ? ORDER BY seq DESC LIMIT 1 OFFSET ?", [name, back]
        ).first {
            return HistoryEntry(row)
        }
        guard back == 0 else { throw .notFound("build \(back) before the latest of \(name)") }
        let byBuild = try beginning("id", with: text.uppercased())
        let digest = text.hasPrefix("sha256:") ? text : "sha256:\(text)"
        let found = try byBuild.isEmpty && digest.count > "sha256:".count ? beginning("digest", with: digest) : byBuild
        guard let first = found.first else { throw .notFound("image, build or digest \"\(text)\"") }
        let identities = Set(found.map { byBuild.isEmpty ? $0.digest ?? "" : $0.build })
        guard identities.count == 1 else { throw .ambiguous(text, candidates: identities.sorted()) }
        return first
    }

    private func beginning(_ column: String, with text: String) throws(LedgerError) -> [HistoryEntry] {
        // A range, so that the index is used.
        try rows(
            "SELECT * FROM builds WHERE \(column) >= ? AND \(column) < ? ORDER BY seq DESC LIMIT 20",
            [text, text + "\u{10FFFF}"]
        ).map(HistoryEntry.init)
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

extension HistoryFilter {
    /// A WHERE clause, or nothing, with its values.
    fileprivate var sql: (condition: String, arguments: StatementArguments) {
        var conditions: [String] = []
        var arguments = StatementArguments()
        func add(_ condition: String, _ values: StatementArguments) {
            conditions.append(condition)
            arguments += values
        }
        if let image {
            add(image.contains { "*?".contains($0) } ? "b.image GLOB ?" : "b.image = ?", [Self.glob(image)])
        }
        if !statuses.isEmpty {
            let places = statuses.map { _ in "?" }.joined(separator: ", ")
            add("b.status IN (\(places))", StatementArguments(statuses.map(\.rawValue)))
        }
        if let since { add("b.ended >= ?", [since]) }
        if let until { add("b.ended < ?", [until]) }
        if let slowerThanInSeconds { add("b.seconds > ?", [slowerThanInSeconds]) }
        if let run { add("b.run = ?", [run.uppercased()]) }
        if let base {
            let digest = base.hasPrefix("sha256:") ? base : "sha256:\(base)"
            add(
                """
                EXISTS (SELECT 1 FROM materials m WHERE m.build = b.id AND m.role IN ('base', 'parent')
                  AND m.digest >= ? AND m.digest < ?)
                """, [digest, digest + "\u{10FFFF}"])
        }
        return (conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND "), arguments)
    }

    /// Brackets mean nothing in our patterns, but do in SQLite's.
    private static func glob(_ pattern: String) -> String {
        pattern.contains { "*?".contains($0) } ? pattern.map { $0 == "[" ? "[[]" : String($0) }.joined() : pattern
    }
}

extension HistoryEntry {
    fileprivate init(_ row: Row) {
        self.init(
            build: row["id"], run: row["run"], image: row["image"], platform: row["platform"],
            attempt: row["attempt"], status: BuildStatus(rawValue: row["status"]) ?? .failed,
            reasons: Self.texts(row["reasons"]), started: row["started"], ended: row["ended"], seconds: row["seconds"],
            digest: row["digest"], rootfsDigest: row["rootfs_digest"], bytes: row["bytes"], steps: row["steps"],
            cached: row["cached"], cpuMilliseconds: row["cpu_ms"], peakMemoryInBytes: row["peak_rss"],
            isolation: row["isolation"], network: row["network"], errorClass: row["error_class"], error: row["error"],
            log: row["log"])
    }

    private static func texts(_ json: String) -> [String] {
        do {
            return try OCIDocument.decode([String].self, from: Array(json.utf8))
        } catch {
            return [json]
        }
    }
}

extension HistoryStep {
    fileprivate init(_ row: Row) {
        self.init(
            step: row["n"], stage: row["stage"], instruction: row["instruction"], key: row["key"],
            cached: row["cached"], milliseconds: row["ms"], cpuMilliseconds: row["cpu_ms"],
            peakMemoryInBytes: row["peak_rss"], bytes: row["bytes"], miss: row["miss"])
    }
}
