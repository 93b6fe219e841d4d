internal import GRDB
internal import Glibc
internal import SystemPackage

/// Opens the SQLite file of a ledger.
enum LedgerFile {
    static func configuration(readOnly: Bool) -> Configuration {
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
    static func openForWriting(_ path: FilePath) throws(LedgerError) -> DatabaseQueue {
        try guarding(path) {
            let queue = try DatabaseQueue(path: path.string, configuration: configuration(readOnly: false))
            let migrator = LedgerSchema.migrator
            let (applied, isCurrent) = try queue.read { database in
                (try migrator.appliedIdentifiers(database), try migrator.hasCompletedMigrations(database))
            }
            let unknown = applied.subtracting(migrator.migrations)
            guard unknown.isEmpty else { throw LedgerError.newerSchema(path: path.string, unknown: unknown.sorted()) }
            if !isCurrent {
                if !applied.isEmpty { try backUp(queue, path, level: applied.count) }
                try migrator.migrate(queue)
            }
            return queue
        }
    }

    /// For reading, also of a newer schema; nil if there is no ledger yet.
    static func openForReading(_ path: FilePath) throws(LedgerError) -> DatabaseQueue? {
        guard access(path.string, F_OK) == 0 else { return nil }
        return try guarding(path) {
            let queue = try DatabaseQueue(path: path.string, configuration: configuration(readOnly: true))
            try queue.read { _ = try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_schema") }
            return queue
        }
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
            throw .unusable(path: path.string, reason: error.message ?? "SQLite error \(error.resultCode.rawValue)")
        } catch {
            throw .unusable(path: path.string, reason: "\(error)")
        }
    }
}
