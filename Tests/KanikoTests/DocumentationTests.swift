import Foundation
import Testing

@testable import Kaniko

/// `docs/kaniko.md` says what each flag and variable does.
@Suite struct DocumentationTests {
    private let page: String

    init() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/kaniko.md")
        page = try String(contentsOf: file.standardizedFileURL, encoding: .utf8)
    }

    /// Names in the first column of the tables, up to or behind a heading.
    private func rows(_ part: (String) -> Substring) -> Set<String> {
        let lines = part(page).split(separator: "\n").filter { $0.hasPrefix("| `") }
        let cells = lines.compactMap { $0.split(separator: "|", omittingEmptySubsequences: true).first }
        return Set(cells.flatMap { $0.split(separator: "`").map(String.init) })
    }

    private func part(from: String, to: String) -> Substring {
        let start = page.firstRange(of: from)?.upperBound ?? page.endIndex
        let end = page[start...].firstRange(of: to)?.lowerBound ?? page.endIndex
        return page[start..<end]
    }

    @Test func `each flag has its row, and each row its flag`() {
        let rows = rows { _ in part(from: "## Flags", to: "### The warmer") }.filter { $0.hasPrefix("--") }
        #expect(rows == Set(Flag.executor.map { "--\($0.name)" }))
    }

    @Test func `each flag of the warmer that is its own has its row`() {
        let rows = rows { _ in part(from: "### The warmer", to: "### Variables") }.filter { $0.hasPrefix("--") }
        let shared = Set((Flag.registries + Flag.logging).map(\.name))
        #expect(rows == Set(Flag.warmer.filter { !shared.contains($0.name) }.map { "--\($0.name)" }))
    }

    @Test func `each variable has its row`() {
        let rows = rows { _ in part(from: "### Variables", to: "## Contexts") }
        for name in KanikoVariables.idle.map(\.name)
            + ["KANIKO_DIR", "KANIKO_NO_PUSH", "KANIKO_CLEANUP", "KANIKO_PRINT_PLAN", "KANIKO_REGISTRY_MAP"]
        {
            #expect(rows.contains(name), "\(name)")
        }
        #expect(FeatureFlag.all.count == 37)
        #expect(Set(FeatureFlag.all.map(\.name)).count == 37)
    }

    @Test func `what does nothing here is said to do nothing there`() {
        for flag in Flag.executor where flag.idle != nil {
            let row = page.split(separator: "\n").first { $0.hasPrefix("| `") && $0.contains("`--\(flag.name)`") }
            #expect(row?.contains("do nothing") == true || row?.contains("does nothing") == true, "\(flag.name)")
        }
    }
}
