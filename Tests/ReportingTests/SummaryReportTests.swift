import Foundation
import Jobs
import Testing

@testable import Reporting

@Suite struct SummaryReportTests {
    private static let summary = Batch.summary(
        [
            Batch.outcome("base"), Batch.outcome("python[py=3.10,flavor=slim]", .fresh, seconds: 0.03),
            Batch.outcome("app", .failed, error: "boom\u{1B}"), Batch.outcome("web", .blocked, seconds: nil),
        ], exitCode: 1)

    @Test(arguments: [nil, 80, 60, 40])
    func `the table has a row an image and a line over all`(_ width: Int?) throws {
        let lines = SummaryReport(Self.summary, style: TextStyle(isColored: false)).lines(width: width)
        try Snapshot.expect(lines, "summary-\(width.map { "\($0)" } ?? "unlimited").txt")
        #expect(lines.dropLast().allSatisfy { DisplayText.width($0) <= width ?? 1000 })
    }

    @Test func `rows of what is not there are coloured`() {
        let lines = SummaryReport(Self.summary, style: TextStyle(isColored: true)).lines(width: nil)
        #expect(
            lines.map { String($0.prefix(5)) }.prefix(5) == [
                "\u{1B}[1mI", "base ", "pytho", "\u{1B}[31m", "\u{1B}[33m",
            ])
    }

    @Test func `--json is one document`() throws {
        try Snapshot.expect(SummaryReport(Self.summary, style: TextStyle(isColored: false)).json(), "summary.json")
    }

    @Test func `-q has the digests of what is there`() {
        let lines = SummaryReport(Self.summary, style: TextStyle(isColored: false)).digests()
        #expect(lines.map { $0.prefix(12) } == ["base sha256:", "python[py=3."])
    }

    @Test func `nothing selected is nothing to do`() {
        let lines = SummaryReport(Batch.summary([]), style: TextStyle(isColored: false)).lines(width: 80)
        #expect(lines.last == "nothing to do in 1m02s (run \(Batch.run))")
    }
}
