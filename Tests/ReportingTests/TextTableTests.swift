import Testing

@testable import Reporting

@Suite struct TextTableTests {
    private func table() -> TextTable {
        var table = TextTable([
            .init(title: "NAME", shrinks: true), .init(title: "N", isNumber: true, dispensability: 2),
            .init(title: "LAST", dispensability: 1),
        ])
        table.add(["a-rather-long-name", "5", "x"])
        table.add(["日本", "1234", ""])
        return table
    }

    @Test func `columns line up, numbers to the right, without blanks at the end`() {
        #expect(
            table().lines(width: nil) == [
                "NAME                   N  LAST", "a-rather-long-name     5  x", "日本                1234",
            ])
    }

    @Test(arguments: [(30, 30), (25, 25), (20, 20), (14, 14), (8, 8), (3, 8)])
    func `a table is made as narrow as it must be`(_ width: Int, _ expected: Int) throws {
        let widest = table().lines(width: width).map { DisplayText.width($0) }.max()
        #expect(try #require(widest) <= expected)
    }

    @Test func `what may be cut is cut first, then columns are left out`() {
        #expect(
            table().lines(width: 25) == ["NAME              N  LAST", "a-rather-lon…     5  x", "日本           1234"])
        #expect(table().lines(width: 16) == ["NAME        LAST", "a-rather-…  x", "日本"])
        #expect(table().lines(width: 10) == ["NAME", "a-rather-…", "日本"])
    }

    @Test func `a cell cannot break its line`() {
        var table = TextTable([.init(title: "A"), .init(title: "B")])
        table.add(["x\ny", "\u{1B}[2J"])
        #expect(table.lines(width: nil) == ["A       B", "x\\x0ay  \\x1b[2J"])
    }
}
