import Foundation
import GRDB
import SystemPackage
import TestSupport
import Testing

@testable import Ledger

@Suite struct LedgerFileTests {
    private let ledger: TestLedger

    init() throws { ledger = try TestLedger() }

    @Test func `a folder without a ledger has an empty history, and stays without`() throws {
        let reader = try ledger.reader()
        #expect(try reader.builds(HistoryFilter()) == [])
        #expect(try reader.durations() == [:])
        #expect(throws: LedgerError.notFound("image, build or digest \"app\"")) { try reader.detail(of: "app") }
        #expect(!FileManager.default.fileExists(atPath: ledger.path.string))
    }

    @Test(arguments: ["", "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)"])
    func `a ledger whose making was interrupted is empty, and made`(_ statement: String) async throws {
        try Data().write(to: URL(fileURLWithPath: ledger.path.string))
        if !statement.isEmpty { _ = try ledger.sql(statement) }
        #expect(try ledger.reader().builds(HistoryFilter()) == [])
        try await ledger.writer().record(.runBegan(TestLedger.run("R")))
        #expect(try ledger.sql("SELECT id FROM runs") == ["R"])
    }

    @Test func `a file that is no database is left as it is`() throws {
        let bytes = Data("images:\n".utf8) + Data(repeating: 7, count: 5000)
        try bytes.write(to: URL(fileURLWithPath: ledger.path.string))
        let expected = LedgerError.damaged(path: ledger.path.string, reason: "file is not a database")
        #expect(throws: expected) { try ledger.writer() }
        #expect(throws: expected) { try ledger.reader() }
        #expect(try Data(contentsOf: URL(fileURLWithPath: ledger.path.string)) == bytes)
        #expect(
            "\(expected)" == """
                \(ledger.path) is damaged, or not a ledger: file is not a database; it was left as it is: move it aside \
                to begin a new one, or put a backup in its place
                """)
    }

    @Test func `another program's database is left as it is`() throws {
        _ = try ledger.sql("CREATE TABLE bookmarks (url TEXT); INSERT INTO bookmarks VALUES ('x')")
        let expected = LedgerError.damaged(path: ledger.path.string, reason: "its tables are another program's")
        #expect(throws: expected) { try ledger.writer() }
        #expect(throws: expected) { try ledger.reader() }
        #expect(try ledger.sql("SELECT name FROM sqlite_schema; SELECT * FROM bookmarks") == ["bookmarks", "x"])
    }

    @Test func `damage in the middle is told from a question that cannot be put`() async throws {
        try await ledger.writer().record(.runBegan(TestLedger.run("R")))
        _ = try ledger.sql("PRAGMA wal_checkpoint(truncate)")
        // All pages but the first, which has the schema, a few tables at the end spared.
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: ledger.path.string))
        for page in 1..<30 {
            try file.seek(toOffset: UInt64(page) * 4096)
            file.write(Data(repeating: 0xFF, count: 4096))
        }
        try file.close()
        #expect(
            throws: LedgerError.damaged(path: ledger.path.string, reason: "database disk image is malformed")
        ) { try ledger.reader().builds(HistoryFilter()) }
    }

    @Test func `a directory in its place is no ledger`() throws {
        try FileManager.default.createDirectory(atPath: ledger.path.string, withIntermediateDirectories: false)
        let path = ledger.path.string
        #expect(throws: LedgerError.unusable(path: path, reason: "unable to open database file")) {
            try ledger.writer()
        }
        #expect(throws: LedgerError.unusable(path: path, reason: "disk I/O error")) { try ledger.reader() }
    }

    @Test func `a newer schema is read and not written`() async throws {
        let writer = try ledger.writer()
        try await writer.record(.runBegan(TestLedger.run("R")))
        try await writer.build("B", run: "R", "app")
        _ = try LedgerFile.openForWriting(ledger.path, Self.newer("ALTER TABLE builds ADD COLUMN mood TEXT"))
        let expected = LedgerError.newerSchema(path: ledger.path.string, unknown: ["2 moods"])
        #expect(throws: expected) { try ledger.writer() }
        #expect(
            "\(expected)"
                == "the ledger \(ledger.path) was written by a newer build-all (2 moods): it can be read, not written")
        #expect(try ledger.reader().detail(of: "app").build.build == "B")
    }

    @Test func `a closed ledger is one file`() async throws {
        let writer = try ledger.writer()
        try await writer.record(.runBegan(TestLedger.run("R")))
        try await writer.build("B", run: "R", "app")
        try await writer.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: ledger.folder.path) == ["ledger.sqlite"])
        #expect(try ledger.reader().detail(of: "app").build.build == "B")
    }

    @Test(.enabled(if: Privilege.isRoot)) func `a ledger on a read-only disk can be read`() async throws {
        let folder = ledger.folder.path("a?b#c%20d")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let writer = try LedgerWriter(FilePath("\(folder)/ledger.sqlite"))
        try await writer.record(.runBegan(TestLedger.run("R")))
        try await writer.build("B", run: "R", "app")
        try await writer.close()
        let shell = Shell(
            """
            unshare -m sh -c 'mount --bind "\(folder)" "\(folder)" && mount -o remount,ro,bind "\(folder)" &&
              "\(CrashTests.probe)" "\(folder)/ledger.sqlite" read'
            """)
        #expect(shell.output == "B\n")
    }

    @Test func `a migration begins with a copy of the file`() async throws {
        try await ledger.writer().record(.runBegan(TestLedger.run("R")))
        _ = try LedgerFile.openForWriting(ledger.path, Self.newer("CREATE TABLE moods (mood TEXT)"))
        let copy = "\(ledger.path).before-2"
        let tables = try Tool.run(
            "sqlite3", copy, "SELECT id FROM runs; SELECT count(*) FROM sqlite_schema WHERE name = 'moods'")
        #expect(tables.output == "R\n0\n")
        #expect(try ledger.sql("SELECT count(*) FROM moods") == ["0"])
    }

    @Test func `a migration that fails leaves the ledger as it was`() async throws {
        try await ledger.writer().record(.runBegan(TestLedger.run("R")))
        let statement = "CREATE TABLE moods (mood TEXT); INSERT INTO absent VALUES (1)"
        #expect(throws: LedgerError.unusable(path: ledger.path.string, reason: "no such table: absent")) {
            try LedgerFile.openForWriting(ledger.path, Self.newer(statement))
        }
        try await ledger.writer().record(.runEnded(run: "R", exitCode: 0, at: 2))
        #expect(try ledger.sql("SELECT count(*) FROM sqlite_schema WHERE name = 'moods'") == ["0"])
    }

    private static func newer(_ statement: String) -> DatabaseMigrator {
        var migrator = LedgerSchema.migrator
        migrator.registerMigration("2 moods") { try $0.execute(sql: statement) }
        return migrator
    }
}
