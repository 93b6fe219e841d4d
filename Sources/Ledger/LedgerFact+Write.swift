internal import FoundationEssentials
internal import GRDB
internal import Jobs
internal import OCI

extension LedgerFact {
    func write(to database: Database) throws {
        switch self {
        case .runBegan(let run): try run.insert(into: database)
        case .runEnded(let run, let exitCode, let at):
            try database.execute(sql: "INSERT INTO run_ends VALUES (?, ?, ?)", arguments: [run, exitCode, at])
        case .buildBegan(let start):
            try database.execute(
                sql: "INSERT INTO build_starts VALUES (?, ?, ?, ?, ?, ?, ?)",
                arguments: [
                    start.id, start.run, start.image, start.platform.description, start.attempt, start.at, start.log,
                ])
        case .step(let step, let build): try step.insert(into: database, build: build)
        case .material(let material, let build):
            try database.execute(
                sql: "INSERT OR IGNORE INTO materials VALUES (?, ?, ?, ?)",
                arguments: [build, material.role.rawValue, material.reference, material.digest.description])
        case .buildEnded(let outcome, let run, let environment):
            try outcome.insert(into: database, run: run, environment: environment)
        case .tagged(let reference, let digest, let previous, let build, let at):
            try database.execute(
                sql: "INSERT INTO tags (ref, at, digest, previous, build) VALUES (?, ?, ?, ?, ?)",
                arguments: [reference, at, digest.description, previous?.description, build])
        case .seen(let reference, let digest, let at):
            try database.execute(
                sql: "INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", arguments: [reference, at, digest.description])
        }
    }

    static func json(_ texts: [String]) -> String {
        do {
            return String(decoding: try OCIDocument.encode(texts), as: UTF8.self)
        } catch {
            preconditionFailure("a list of texts can always be encoded: \(error)")
        }
    }
}

extension RunRecord {
    fileprivate func insert(into database: Database) throws {
        try database.execute(
            sql: "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                id, at, trigger, manifest, manifestDigest?.description, git, isDirty, host, engine, version,
                LedgerFact.json(arguments),
            ])
    }
}

extension StepEnded {
    fileprivate func insert(into database: Database, build: String) throws {
        try database.execute(
            // A build whose cached layer turned out to be another looks at its steps again.
            sql: "INSERT OR REPLACE INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                build, step, stage, instruction, key, cached, milliseconds, cpuMilliseconds, peakMemoryInBytes,
                layerSizeInBytes, missReason,
            ])
    }
}

extension ImageOutcome {
    fileprivate func insert(into database: Database, run: String, environment: BuildEnvironment) throws {
        let id = try identifier(in: database)
        try database.execute(
            sql: """
                INSERT INTO builds (id, run, image, platform, attempt, status, reasons, queued, started, ended, seconds,
                  digest, rootfs_digest, bytes, steps, cached, cpu_ms, peak_rss, isolation, network, error_class, error,
                  log)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ifnull(?, (SELECT at FROM runs WHERE id = ?)), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                  ?, ?)
                """,
            arguments: [
                id, run, image, platform.description, attempt, status.rawValue,
                LedgerFact.json(reasons), queued, started, ended, run, durationInSeconds, digest?.description,
                rootfsDigest?.description, sizeInBytes, steps, cachedSteps, cpuMilliseconds, peakMemoryInBytes,
                environment.isolation, environment.network?.rawValue, error?.class.rawValue, error?.message, log,
            ])
    }

    /// The build's own, or a new one: for an image that never started, and for one that was given up after the row of
    /// its last attempt was written.
    private func identifier(in database: Database) throws -> String {
        guard let build else { return ULID.make(at: ended ?? 0) }
        let rows = try Int.fetchOne(database, sql: "SELECT count(*) FROM builds WHERE id = ?", arguments: [build])
        return rows == 0 ? build : ULID.make(at: ended ?? 0)
    }
}
