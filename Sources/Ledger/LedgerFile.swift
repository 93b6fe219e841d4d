internal import FileSystem
internal import GRDB
internal import Glibc
internal import SystemPackage

/// Opens the SQLite file of a ledger.
enum LedgerFile {
    private static func configuration(readOnly: Bool) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = readOnly
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(5)
        if !readOnly {
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
            }
        }
        return configuration
    }

    /// For writing: makes the file, or brings an older schema up to date after a copy of it was made.
    static func openForWriting(
        _ path: FilePath, _ migrator: DatabaseMigrator = LedgerSchema.migrator
    ) throws(LedgerError) -> DatabaseQueue {
        try guarding(path) {
            let queue = try DatabaseQueue(path: path.string, configuration: configuration(readOnly: false))
            let applied = try queue.read { database in
                if try Self.isForeign(database) { throw foreign(path) }
                return try migrator.appliedIdentifiers(database)
            }
            let unknown = applied.subtracting(migrator.migrations)
            guard unknown.isEmpty else { throw LedgerError.newerSchema(path: path.string, unknown: unknown.sorted()) }
            if applied.count < migrator.migrations.count {
                if !applied.isEmpty { try backUp(queue, path, level: applied.count) }
                try migrator.migrate(queue)
            }
            return queue
        }
    }

    /// Takes room on the disk for what a run writes, past the end of the write-ahead log: a step that fills the disk is a
    /// failure of its image, which must be recorded, and not the end of the run. SQLite removes the log, and with it what
    /// is left of this, when the ledger is closed.
    static func reserve(_ path: FilePath) {
        do throws(SystemError) {
            try OpenFile.open("\(path.string)-wal", [.write]).reserve(reservedBytes)
        } catch {
            // A full disk fails the first write, which says so; some file systems cannot.
            _ = error
        }
    }

    /// Some thousands of facts.
    private static let reservedBytes: Int64 = 4 << 20

    /// For reading, also of a newer schema; nil if there is no ledger yet, or one in which nothing was ever written.
    static func openForReading(_ path: FilePath) throws(LedgerError) -> DatabaseQueue? {
        guard access(path.string, F_OK) == 0 else { return nil }
        return try guarding(path) {
            let queue = try DatabaseQueue(path: readableName(of: path), configuration: configuration(readOnly: true))
            return try queue.read { database in
                if try Self.isForeign(database) { throw foreign(path) }
                return try database.tableExists("builds") ? queue : nil
            }
        }
    }

    /// In WAL mode SQLite makes files beside the ledger also to read it. Where it may not, and none is needed, it has to be
    /// told that nobody writes (https://www.sqlite.org/wal.html#read_only_databases).
    private static func readableName(of path: FilePath) -> String {
        var log = stat()
        let hasLog = stat("\(path.string)-wal", &log) == 0 && log.st_size > 0
        let folder = path.removingLastComponent().string
        if hasLog || access(folder.isEmpty ? "." : folder, W_OK) == 0 { return path.string }
        let escapes: [Character: String] = ["%": "%25", "?": "%3F", "#": "%23"]
        return "file:" + path.string.map { escapes[$0] ?? String($0) }.joined() + "?immutable=1"
    }

    /// Whether another program made the tables. A process killed as it made the first ledger leaves none but GRDB's.
    private static func isForeign(_ database: Database) throws -> Bool {
        let tables = try String.fetchAll(database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
        return !tables.contains("builds") && tables.contains { $0 != "grdb_migrations" }
    }

    private static func foreign(_ path: FilePath) -> LedgerError {
        .damaged(path: path.string, reason: "its tables are another program's")
    }

    private static func backUp(_ queue: DatabaseQueue, _ path: FilePath, level: Int) throws {
        let copy = try DatabaseQueue(path: "\(path.string).before-\(level + 1)")
        try queue.backup(to: copy)
        try copy.close()
    }

    static func guarding<Result>(_ path: FilePath, _ body: () throws -> Result) throws(LedgerError) -> Result {
        do {
            return try body()
        } catch let error as LedgerError {
            throw error
        } catch let error as DatabaseError {
            let reason = error.message ?? "SQLite error \(error.resultCode.rawValue)"
            switch error.resultCode {
            case .SQLITE_NOTADB, .SQLITE_CORRUPT: throw .damaged(path: path.string, reason: reason)
            default: throw .unusable(path: path.string, reason: reason)
            }
        } catch {
            throw .unusable(path: path.string, reason: "\(error)")
        }
    }
}
