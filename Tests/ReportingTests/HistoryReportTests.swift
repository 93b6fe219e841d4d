import Foundation
import Jobs
import OCI
import TestSupport
import Testing

@testable import Ledger
@testable import Reporting

@Suite struct HistoryReportTests {
    private static func entry(_ image: String, _ status: BuildStatus = .built) -> HistoryEntry {
        HistoryEntry(
            build: "01KAJ0000000000000000000B1", run: Batch.run, image: image, platform: "linux/amd64", attempt: 1,
            status: status, reasons: ["context_changed:a,b.c"], started: Batch.start, ended: Batch.start + 64.2,
            seconds: 64.2, digest: status.isSuccess ? Digest(of: image.utf8).description : nil, rootfsDigest: nil,
            bytes: 27_912_345, steps: 2, cached: 1, cpuMilliseconds: 1234, peakMemoryInBytes: 50_000_000,
            isolation: "shifted", network: "private", errorClass: status.isSuccess ? nil : "step",
            error: status.isSuccess ? nil : "Dockerfile:2: \"make\" failed\n  \u{1B}[31mboom\u{9B}",
            log: "logs/R1/a.log")
    }

    private static let entries = [entry("registry/base-image-with-a-long-name"), entry("app", .failed)]

    private static let detail = HistoryDetail(
        build: entry("app", .failed),
        steps: [
            HistoryStep(
                step: 1, stage: "build", instruction: "COPY . /src", key: "k", cached: true, milliseconds: 3,
                cpuMilliseconds: nil, peakMemoryInBytes: nil, bytes: 1000, miss: nil),
            HistoryStep(
                step: 2, stage: "build", instruction: "RUN make \u{1B}[2J && make install DESTDIR=/out", key: "k",
                cached: false, milliseconds: 61_000, cpuMilliseconds: 1200, peakMemoryInBytes: 5, bytes: nil,
                miss: "changed: context"),
        ],
        materials: [HistoryMaterial(role: "base", reference: "debian:12", digest: Digest(of: []).description)],
        tags: [HistoryTag(reference: "r/app:1", at: Batch.start, digest: "sha256:1", previous: "sha256:0")])

    @Test(arguments: [nil, 120, 80, 60])
    func `a table is as wide as the terminal`(_ width: Int?) throws {
        let text = try HistoryReport(width: width).list(Self.entries, .table)
        try Snapshot.expect(text, "history-\(width.map { "\($0)" } ?? "unlimited").txt")
        #expect(text.split(separator: "\n").allSatisfy { DisplayText.width($0) <= width ?? 1000 })
    }

    @Test func `a build is shown with all that is known`() throws {
        try Snapshot.expect(HistoryReport(width: 80).show(Self.detail, .table), "show.txt")
    }

    @Test(arguments: HistoryFormat.allCases)
    func `no format lets a control character of a step through to a terminal`(_ format: HistoryFormat) throws {
        let report = HistoryReport(width: 80)
        for text in [try report.list(Self.entries, format), try report.show(Self.detail, format)] {
            #expect(
                !text.unicodeScalars.contains {
                    $0.properties.generalCategory == .control && $0 != "\n" && $0 != "\r"
                })
        }
    }

    @Test func `Python reads the CSV back`() throws {
        let folder = try TestFolder()
        let file = folder.path("history.csv")
        try HistoryReport(width: nil).list(Self.entries, .csv).write(toFile: file, atomically: true, encoding: .utf8)
        let script = """
            import csv, json
            rows = list(csv.reader(open('\(file)', newline=''), strict=True))
            print(json.dumps([[len(row) for row in rows], rows[0][0], rows[1][2], rows[2][15]]))
            """
        let output = try Tool.run("python3", "-c", script).checked().output
        let expected = #"[[17, 17, 17], "build", "registry/base-image-with-a-long-name", "#
        #expect(output == expected + #""Dockerfile:2: \"make\" failed\n  \u001b[31mboom\u009b"]"# + "\n")
    }

    @Test func `JSON is what the model is, with its keys sorted`() throws {
        let report = HistoryReport(width: nil)
        let decoder = JSONDecoder()
        #expect(
            try decoder.decode([HistoryEntry].self, from: Data(report.list(Self.entries, .json).utf8)) == Self.entries)
        let lines = try report.list(Self.entries, .ndjson).split(separator: "\n")
        #expect(try lines.map { try decoder.decode(HistoryEntry.self, from: Data($0.utf8)) } == Self.entries)
        #expect(try decoder.decode(HistoryDetail.self, from: Data(report.show(Self.detail, .json).utf8)) == Self.detail)
        #expect(lines[0].hasPrefix(#"{"attempt":1,"build":"01KAJ"#))
    }

    @Test(arguments: [
        (HistoryFormat.json, "[\n\n]\n"), (.ndjson, ""),
        (.table, "ENDED  IMAGE  STATUS  DIGEST  TIME  CACHED  SIZE  BUILD\n"),
    ])
    func `no builds are an empty list`(_ format: HistoryFormat, _ text: String) throws {
        #expect(try HistoryReport(width: nil).list([], format) == text)
    }
}
