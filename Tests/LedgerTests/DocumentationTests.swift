import Foundation
import Jobs
import OCI
import TestSupport
import Testing

@testable import Ledger

/// `docs/ledger.md` says what is there.
@Suite struct DocumentationTests {
    private let page: String
    private let ledger: TestLedger

    init() async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        page = try String(contentsOf: root.appending(path: "docs/ledger.md").standardized, encoding: .utf8)
        ledger = try TestLedger()
        let writer = try ledger.writer()
        try await writer.record(.runBegan(TestLedger.run("R")))
        for number in 0..<12 {
            try await writer.build(
                "B\(number)", run: "R", "app", number == 5 ? .failed : .built, ended: number > 6 ? 1100 : 1011)
        }
        try await writer.record(
            .material(Material(role: .base, reference: "debian", digest: Digest(of: [])), build: "B11"),
            .step(StepEnded(step: 1, stage: "s", instruction: "RUN x", cached: false, milliseconds: 5), build: "B11"),
            .tagged(
                reference: "registry.example.com/base/debian:bookworm", digest: Digest(of: []), previous: nil,
                build: "B11", at: 1))
    }

    @Test func `each table has its columns described, and no others`() throws {
        let tables = try ledger.sql("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%grdb%'")
        #expect(sections.map(\.table).sorted() == tables.sorted())
        for (table, columns) in sections {
            #expect(
                columns.sorted() == (try ledger.sql("SELECT name FROM pragma_table_info('\(table)')")).sorted(),
                "\(table)")
        }
    }

    @Test func `each status is described`() {
        for status in BuildStatus.allCases { #expect(page.contains("\n| `\(status.rawValue)` | "), "\(status)") }
    }

    @Test func `each question has an answer`() throws {
        let statements = page.components(separatedBy: "```sql\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
        #expect(statements.count == 8)
        for statement in statements {
            let answer = try ledger.sql(statement)
            #expect(!answer.isEmpty || statement.hasPrefix("DELETE"), "\(statement)")
        }
        #expect(try ledger.sql("SELECT count(*) FROM steps") == ["0"])
    }

    /// The tables of the page, with the columns that the first cells of their rows name; a list of values is none.
    private var sections: [(table: String, columns: [String])] {
        page.components(separatedBy: "\n### `").dropFirst().map { section in
            let columns = section.components(separatedBy: "| column | meaning |\n|---|---|\n").last ?? ""
            let rows = columns.components(separatedBy: "\n").prefix { $0.hasPrefix("|") }
            let names = rows.flatMap { row in
                row.components(separatedBy: "|")[1].components(separatedBy: "`").enumerated()
                    .filter { $0.offset % 2 == 1 }.map(\.element)
            }
            return (section.components(separatedBy: "`")[0], names)
        }
    }
}
