import Testing

@testable import Reporting

@Suite struct StoreReportTests {
    private let rows: [StoreReport.Row] = [
        .init(
            name: "layers", items: 12, sizeInBytes: 1_200_000_000, removedItems: 3, removedBytes: 200_000_000,
            itemsInUse: 2),
        .init(name: "mounts", items: 1, sizeInBytes: 4096, removedItems: 0, removedBytes: 0, itemsInUse: 0),
    ]

    @Test func `classes are a table with a sum`() {
        #expect(
            StoreReport(rows, isDryRun: true).lines() == [
                "CLASS   ITEMS    SIZE  WOULD GO  WOULD FREE  IN USE",
                "layers     12  1.2 GB         3      200 MB       2",
                "mounts      1  4.1 kB         0         0 B",
                "total      13  1.2 GB         3      200 MB       2",
            ])
    }

    @Test func `items are listed by what people call them`() {
        let items: [StoreReport.Item] = [
            .init(
                type: "mounts", path: "mounts/ab", id: "odd\u{7}", sizeInBytes: 5, lastUsed: 1_795_000_000,
                isRemoved: true),
            .init(type: "layers", path: "layers/cd", id: nil, sizeInBytes: 5, lastUsed: 0, isRemoved: false),
        ]
        #expect(
            StoreReport(rows, items: items, isDryRun: false).lines().prefix(4) == [
                "CLASS   ITEM       SIZE  LAST USED",
                "mounts  odd\\x07     5 B  2026-11-18 11:06:40  removed",
                "layers  layers/cd   5 B  1970-01-01 00:00:00",
                "",
            ])
    }

    @Test func `a run's end has one line, if something went`() {
        #expect(StoreReport(rows, isDryRun: false).summary == "pruned 3 layers: 200 MB freed")
        #expect(StoreReport([rows[1]], isDryRun: false).summary == nil)
    }
}
