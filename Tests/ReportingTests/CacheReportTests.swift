import Testing

@testable import Reporting

@Suite struct CacheReportTests {
    @Test func `caches are a table with a sum of what went`() {
        let report = CacheReport([
            .init(id: "/root/.cache/pip", sizeInBytes: 12_300_000, lastUsed: 1_795_000_000, fate: .removed),
            .init(id: "odd\u{7}", sizeInBytes: 5, lastUsed: 0, fate: .inUse),
        ])
        #expect(
            report.lines() == [
                "CACHE              SIZE  LAST USED",
                "/root/.cache/pip  12 MB  2026-11-18 11:06:40  removed",
                "odd\\x07             5 B  1970-01-01 00:00:00  in use",
                "",
                "1 removed, 12 MB",
            ])
        #expect(CacheReport([]).lines() == ["no cache mounts"])
    }
}
