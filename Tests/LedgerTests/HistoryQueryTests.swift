import GRDB
import Jobs
import OCI
import TestSupport
import Testing

@testable import Ledger

/// A history of 200,000 builds: each question goes by an index, or ends early.
@Suite struct HistoryQueryTests {
    private let queue: DatabaseQueue
    private static let builds = 200_000

    init() async throws {
        queue = try Self.history.get()
    }

    /// One for all tests. Run i has 20 builds; image-i%200; every 1,000th failed; base images change every 20,000 builds.
    private static let history = Result {
        let queue = try DatabaseQueue()
        try LedgerSchema.migrator.migrate(queue)
        try queue.write { try $0.execute(sql: content) }
        return queue
    }

    private static let content = """
        CREATE TEMP TABLE n AS
          WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < \(builds - 1)) SELECT n FROM c;
        INSERT INTO runs SELECT printf('01R%023d', n), n * 400, 'cron', 'm', NULL, NULL, 0, 'h', 'local', '1', '[]'
          FROM n WHERE n < \(builds / 20);
        INSERT INTO run_ends SELECT id, 0, at + 300 FROM runs;
        INSERT INTO build_starts SELECT printf('01B%023d', n), printf('01R%023d', n / 20), printf('image-%d', n % 200),
          'linux/amd64', 1, n * 20.0, 'log' FROM n;
        INSERT INTO builds (id, run, image, platform, attempt, status, reasons, started, ended, seconds, digest, bytes,
          steps, cached)
          SELECT printf('01B%023d', n), printf('01R%023d', n / 20), printf('image-%d', n % 200), 'linux/amd64', 1,
            CASE WHEN n % 1000 = 3 THEN 'failed' ELSE 'fresh' END, '[]', n * 20.0, n * 20.0 + n % 97, n % 97,
            printf('sha256:%064d', n), 1, 5, 5 FROM n;
        INSERT INTO materials SELECT printf('01B%023d', n), 'base', 'debian', printf('sha256:%064d', n / 20000) FROM n;
        """

    private static func filter(_ change: (inout HistoryFilter) -> Void) -> HistoryFilter {
        var filter = HistoryFilter()
        change(&filter)
        return filter
    }

    @Test(arguments: [
        // By an index.
        (filter { $0.image = "image-7" }, "SEARCH b USING INTEGER PRIMARY KEY (rowid=?)"),
        (filter { $0.image = "image-7?" }, "SEARCH b USING INTEGER PRIMARY KEY (rowid=?)"),
        (filter { $0.image = "*nothing" }, "SEARCH b USING INTEGER PRIMARY KEY (rowid=?)"),
        (filter { $0.statuses = [.failed] }, "SEARCH b USING INTEGER PRIMARY KEY (rowid=?)"),
        (filter { $0.until = 5000 }, "SEARCH b USING INTEGER PRIMARY KEY (rowid=?)"),
        (filter { $0.since = 20.0 * 199_000 }, "SEARCH b USING INTEGER PRIMARY KEY (rowid=?)"),
        (filter { $0.slowerThanInSeconds = 98 }, "SEARCH b USING INTEGER PRIMARY KEY (rowid=?)"),
        (filter { $0.run = "01R00000000000000000000333" }, "SEARCH b USING INTEGER PRIMARY KEY (rowid=?)"),
        (filter { $0.base = "sha256:ffff" }, "SEARCH b USING INDEX sqlite_autoindex_builds_1 (id=?)"),
        (
            filter { ($0.slowerThanInSeconds, $0.statuses) = (1, [.failed]) },
            "SEARCH b USING INTEGER PRIMARY KEY (rowid=?)"
        ),
        // From the newest on: many builds pass.
        (filter { _ in }, "SCAN b"),
        (filter { $0.image = "image*" }, "SCAN b"),
        (filter { $0.statuses = [.fresh, .built] }, "SCAN b"),
        (filter { $0.since = 20 }, "SCAN b"),
        (filter { $0.slowerThanInSeconds = 5 }, "SCAN b"),
        (filter { $0.base = "sha256:" }, "SCAN b"),
    ])
    func `a filter reads few rows`(_ filter: HistoryFilter, _ expected: String) throws {
        try queue.read { database in
            let query = try HistoryQuery(filter, in: database)
            let plan = try Row.fetchAll(
                database, sql: "EXPLAIN QUERY PLAN \(query.sql)", arguments: query.arguments
            ).map { $0["detail"] as String }
            #expect(plan.contains(expected), "\(plan)")
            // Sorted are only the builds that an index yields, and these are few.
            if expected == "SCAN b" { #expect(!plan.contains { $0.contains("TEMP B-TREE FOR ORDER") }, "\(plan)") }
            // The conditions that look for builds do it by an index, too.
            #expect(!plan.contains { $0.hasPrefix("SCAN") && $0 != "SCAN b" && !$0.contains("heads") }, "\(plan)")
            #expect(expected == "SCAN b" || !plan.contains("SCAN b"), "\(plan)")
        }
    }

    @Test(arguments: [
        "SELECT * FROM builds WHERE image = ? ORDER BY seq DESC LIMIT 1 OFFSET 3",
        "SELECT * FROM builds WHERE digest = ? ORDER BY seq DESC LIMIT 1",
        "SELECT DISTINCT id FROM builds WHERE id >= ?1 AND id < ?1 ORDER BY id LIMIT 4",
        "SELECT DISTINCT digest FROM builds WHERE digest >= ?1 AND digest < ?1 ORDER BY digest LIMIT 4",
        "SELECT * FROM steps WHERE build = ? ORDER BY n", "SELECT * FROM tags WHERE build = ? ORDER BY seq",
        "SELECT * FROM materials WHERE build = ? ORDER BY role, ref",
        "SELECT * FROM build_starts WHERE run = ?", "SELECT * FROM seen WHERE ref = ? ORDER BY at DESC LIMIT 1",
        "SELECT * FROM tags WHERE ref = ? ORDER BY seq DESC LIMIT 1",
    ])
    func `a look-up goes by an index and sorts nothing`(_ sql: String) throws {
        let plan = try queue.read {
            try Row.fetchAll($0, sql: "EXPLAIN QUERY PLAN \(sql)", arguments: ["x"]).map { $0["detail"] as String }
        }
        #expect(plan.allSatisfy { $0.hasPrefix("SEARCH") }, "\(plan)")
    }

    @Test func `what leads finds what a plain question finds`() throws {
        let filter = Self.filter { ($0.image, $0.slowerThanInSeconds, $0.statuses) = ("image-?", 50, [.failed]) }
        let (led, plain) = try queue.read { database in
            let query = try HistoryQuery(filter, in: database)
            return (
                try Row.fetchAll(database, sql: query.sql, arguments: query.arguments).map { $0["id"] as String },
                try String.fetchAll(
                    database,
                    sql: """
                        SELECT id FROM builds WHERE image GLOB 'image-?' AND seconds > 50 AND status = 'failed'
                        ORDER BY seq DESC LIMIT 50
                        """)
            )
        }
        #expect(led == plain)
        #expect(led.count == 50)
    }
}
