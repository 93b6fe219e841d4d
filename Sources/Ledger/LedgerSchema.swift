internal import GRDB

/// The ledger's tables; `docs/ledger.md` says what each column means.
enum LedgerSchema {
    /// Forward only: a migration that was released is never changed.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 runs, builds, steps") { database in try database.execute(sql: version1) }
        return migrator
    }

    /// Tables whose rows are never changed and never deleted.
    private static let appendOnly = [
        "runs", "run_ends", "build_starts", "builds", "materials", "tags", "packages", "seen",
    ]

    private static let version1 =
        """
        CREATE TABLE runs (
          id TEXT PRIMARY KEY, at REAL NOT NULL, trigger TEXT NOT NULL, manifest TEXT NOT NULL, manifest_digest TEXT,
          git TEXT, dirty INTEGER, host TEXT NOT NULL, engine TEXT NOT NULL, version TEXT NOT NULL, argv TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE run_ends (
          run TEXT PRIMARY KEY REFERENCES runs(id), exit INTEGER NOT NULL, at REAL NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE build_starts (
          id TEXT PRIMARY KEY, run TEXT NOT NULL REFERENCES runs(id), image TEXT NOT NULL, platform TEXT NOT NULL,
          attempt INTEGER NOT NULL, at REAL NOT NULL, log TEXT
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX build_starts_by_run ON build_starts(run);
        CREATE TABLE builds (
          seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, run TEXT NOT NULL REFERENCES runs(id), image TEXT NOT NULL,
          platform TEXT NOT NULL, attempt INTEGER NOT NULL, status TEXT NOT NULL, reasons TEXT NOT NULL,
          input_key TEXT, queued REAL, started REAL, ended REAL NOT NULL, seconds REAL, digest TEXT, rootfs_digest TEXT,
          bytes INTEGER NOT NULL, steps INTEGER NOT NULL, cached INTEGER NOT NULL, cpu_ms REAL, peak_rss INTEGER,
          isolation TEXT, network TEXT, error_class TEXT, error TEXT, log TEXT
        ) STRICT;
        CREATE INDEX builds_by_run ON builds(run);
        CREATE INDEX builds_by_image ON builds(image, seq);
        CREATE INDEX builds_by_status ON builds(status, seq);
        CREATE INDEX builds_by_end ON builds(ended);
        CREATE INDEX builds_by_seconds ON builds(seconds);
        CREATE INDEX builds_by_digest ON builds(digest);
        CREATE TABLE materials (
          build TEXT NOT NULL REFERENCES build_starts(id), role TEXT NOT NULL, ref TEXT NOT NULL, digest TEXT NOT NULL,
          PRIMARY KEY (build, role, ref, digest)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX materials_by_digest ON materials(digest, build);
        CREATE TABLE tags (
          seq INTEGER PRIMARY KEY, ref TEXT NOT NULL, at REAL NOT NULL, digest TEXT NOT NULL, previous TEXT,
          build TEXT NOT NULL REFERENCES build_starts(id)
        ) STRICT;
        CREATE INDEX tags_by_ref ON tags(ref, seq);
        CREATE INDEX tags_by_build ON tags(build);
        CREATE TABLE steps (
          build TEXT NOT NULL REFERENCES build_starts(id), n INTEGER NOT NULL, stage TEXT NOT NULL,
          instruction TEXT NOT NULL, key TEXT, cached INTEGER NOT NULL, ms REAL NOT NULL, cpu_ms REAL, peak_rss INTEGER,
          bytes INTEGER, miss TEXT,
          PRIMARY KEY (build, n)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE packages (
          digest TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL,
          PRIMARY KEY (digest, type, name, version)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE seen (
          ref TEXT NOT NULL, at REAL NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (ref, at)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE heads (
          image TEXT NOT NULL, platform TEXT NOT NULL, build TEXT NOT NULL, PRIMARY KEY (image, platform)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER builds_move_heads AFTER INSERT ON builds BEGIN
          INSERT INTO heads VALUES (NEW.image, NEW.platform, NEW.id)
          ON CONFLICT DO UPDATE SET build = excluded.build;
        END;

        """ + appendOnly.map { refusal(of: ["UPDATE", "DELETE"], $0) }.joined()
        // Steps expire: they may go, but not change.
        + refusal(of: ["UPDATE"], "steps")

    private static func refusal(of changes: [String], _ table: String) -> String {
        changes.map { change in
            """
            CREATE TRIGGER \(table)_refuse_\(change.lowercased()) BEFORE \(change) ON \(table) BEGIN
              SELECT raise(ABORT, 'the ledger is append-only: \(table)');
            END;

            """
        }.joined()
    }
}
