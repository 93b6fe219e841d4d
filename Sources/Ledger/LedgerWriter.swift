internal import GRDB
public import SystemPackage

/// The one writer of a ledger.
///
/// Facts that come while a transaction is under way are written together in the next one; each caller goes on when its
/// own fact is in the file.
public actor LedgerWriter {
    private let queue: DatabaseQueue
    private let path: FilePath
    private var pending: [(facts: [LedgerFact], done: CheckedContinuation<Void, any Error>)] = []
    private var isFlushing = false

    /// Opens or makes the ledger; the caller holds the run lock of the state folder.
    public init(_ path: FilePath) throws(LedgerError) {
        self.path = path
        queue = try LedgerFile.openForWriting(path)
        LedgerFile.reserve(path)
    }

    /// Returns once the facts are in the file, in their order, all or none.
    public func record(_ facts: LedgerFact...) async throws {
        try await record(facts)
    }

    /// Returns once the facts are in the file, in their order, all or none.
    public func record(_ facts: [LedgerFact]) async throws {
        try await withCheckedThrowingContinuation { done in
            pending.append((facts, done))
            if !isFlushing {
                isFlushing = true
                // Detached from the caller, whose cancellation must not lose other callers' facts.
                Task { await self.flush() }
            }
        }
    }

    /// Moves what was written into the main file, which is then whole without its companions. Nothing is lost without it.
    public func close() async throws(LedgerError) {
        do {
            _ = try await queue.writeWithoutTransaction { try $0.checkpoint(.passive) }
            try queue.close()
        } catch {
            throw .cannotWrite(path: path.string, reason: Self.reason(error))
        }
    }

    private func flush() async {
        while !pending.isEmpty {
            let batch = pending
            pending = []
            let facts = batch.map(\.facts)
            let outcome = await write(facts)
            for (entry, failure) in zip(batch, outcome) {
                if let failure { entry.done.resume(throwing: failure) } else { entry.done.resume() }
            }
        }
        isFlushing = false
    }

    /// All groups in one transaction, a savepoint each; the error of those that could not be written.
    private func write(_ groups: [[LedgerFact]]) async -> [LedgerError?] {
        let path = path.string
        do {
            return try await queue.write { database in
                try groups.map { group in try Self.writeGroup(group, to: database, path: path) }
            }
        } catch {
            let failure = LedgerError.cannotWrite(path: path, reason: Self.reason(error))
            return groups.map { _ in failure }
        }
    }

    private static func writeGroup(_ facts: [LedgerFact], to database: Database, path: String) throws -> LedgerError? {
        do {
            try database.inSavepoint {
                for fact in facts { try fact.write(to: database) }
                return .commit
            }
            return nil
        } catch let error as DatabaseError where [.SQLITE_FULL, .SQLITE_IOERR].contains(error.resultCode) {
            throw error
        } catch {
            return .cannotWrite(path: path, reason: reason(error))
        }
    }

    private static func reason(_ error: any Error) -> String {
        (error as? DatabaseError)?.message ?? "\(error)"
    }

    /// Marks the runs that never ended, and their builds, as interrupted. The caller holds the run lock, so they cannot
    /// be under way. Returns the runs' ids.
    public func markInterruptedRuns(at time: Double) async throws -> [String] {
        let path = path.string
        do {
            return try await queue.write { try Self.markInterruptedRuns(at: time, in: $0) }
        } catch let error as DatabaseError {
            throw LedgerError.cannotWrite(path: path, reason: Self.reason(error))
        }
    }

    private static func markInterruptedRuns(at time: Double, in database: Database) throws -> [String] {
        let runs = try String.fetchAll(
            database, sql: "SELECT id FROM runs WHERE id NOT IN (SELECT run FROM run_ends) ORDER BY id")
        for run in runs {
            try database.execute(
                sql: """
                    INSERT INTO builds (id, run, image, platform, attempt, status, reasons, started, ended, seconds,
                      bytes, steps, cached, log)
                    SELECT id, run, image, platform, attempt, 'interrupted', '[]', at, ?, NULL, 0, 0, 0, log
                    FROM build_starts WHERE run = ? AND id NOT IN (SELECT id FROM builds WHERE run = ?)
                    """, arguments: [time, run, run])
            try database.execute(sql: "INSERT INTO run_ends VALUES (?, -1, ?)", arguments: [run, time])
        }
        return runs
    }
}
