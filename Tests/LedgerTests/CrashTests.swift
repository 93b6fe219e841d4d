import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Ledger

/// A process that writes is killed, or its disk is full.
@Suite struct CrashTests {
    private let ledger: TestLedger
    static let probe = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("LedgerProbe").path

    init() throws { ledger = try TestLedger() }

    @Test(arguments: [5, 20, 60, 150])
    func `what was said to be written is there after kill -9`(_ milliseconds: Int) async throws {
        let said = Shell(
            """
            '\(Self.probe)' \(ledger.path) > \(ledger.folder.path("said")) & pid=$!
            while [ ! -s \(ledger.folder.path("said")) ]; do sleep 0.01; done
            sleep 0.\(String(1000 + milliseconds).dropFirst()); kill -9 $pid; wait $pid 2>&-; cat \(ledger.folder.path("said"))
            """
        ).lines.filter { $0.count == 26 }
        #expect(said.count > 0)
        let writer = try ledger.writer()
        let runs = try await writer.markInterruptedRuns(at: 3)
        #expect(runs.count == 1)
        #expect(try ledger.sql("PRAGMA integrity_check; PRAGMA foreign_key_check") == ["ok"])
        let built = Set(try ledger.sql("SELECT id FROM builds WHERE status = 'built'"))
        #expect(built.isSuperset(of: said))
        #expect(try ledger.sql("SELECT count(*) FROM build_starts") == ledger.sql("SELECT count(*) FROM builds"))
        #expect(try ledger.sql("SELECT count(*) FROM build_starts") == ledger.sql("SELECT count(*) FROM steps"))
    }

    @Test(.enabled(if: Privilege.isRoot))
    func `a full disk is said, and what was written before stays`() throws {
        let disk = ledger.folder.path("disk")
        // The mount ends with its namespace; the ledger is copied out of it.
        let shell = Shell(
            """
            mkdir \(disk); unshare -m sh -c 'mount -t tmpfs -o size=1m none \(disk) &&
              { "\(Self.probe)" \(disk)/ledger.sqlite; cp \(disk)/ledger.sqlite* \(ledger.folder.path); }'
            """)
        let lines = shell.lines
        #expect(
            lines.last == "error: writing the ledger \(disk)/ledger.sqlite: database or disk is full", "\(shell.output)"
        )
        let built = Set(try ledger.sql("SELECT id FROM builds"))
        #expect(built.isSuperset(of: lines.dropLast()))
        #expect(built.count > 10)
        #expect(try ledger.sql("PRAGMA integrity_check") == ["ok"])
    }
}
