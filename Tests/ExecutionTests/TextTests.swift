import Testing

@testable import Execution

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, 0, "1970-01-01T00:00:00Z"), (1_700_000_000, 0, "2023-11-14T22:13:20Z"),
            (951_782_400, 120_000_000, "2000-02-29T00:00:00.12Z"), (-1, 0, "1969-12-31T23:59:59Z"),
            (4_102_444_800, 1, "2100-01-01T00:00:00.000000001Z"),
        ] as [(Int64, Int32, String)])
    func `times are RFC 3339`(seconds: Int64, nanoseconds: Int32, text: String) {
        #expect(Timestamp.text(seconds: seconds, nanoseconds: nanoseconds) == text)
    }
}

@Suite struct LineSplitterTests {
    @Test func `lines come out whole, however the bytes came in`() {
        var splitter = LineSplitter()
        #expect(splitter.add(Array("on".utf8)).isEmpty)
        #expect(splitter.add(Array("e\ntwo\nthr".utf8)).map(Array.init) == [Array("one".utf8), Array("two".utf8)])
        #expect(splitter.finish().map(Array.init) == Array("thr".utf8))
        #expect(splitter.finish() == nil)
    }

    @Test func `a line without end is cut, and no byte is lost`() {
        var splitter = LineSplitter()
        let bytes = [UInt8](repeating: 120, count: 3 * StepLog.longestLine + 5)
        let lines = splitter.add(bytes)
        #expect(lines.allSatisfy { $0.count <= StepLog.longestLine })
        let rest = splitter.finish() ?? []
        #expect(lines.reduce(0) { $0 + $1.count } + rest.count == bytes.count)
    }
}

@Suite struct EnvironmentListTests {
    @Test func `setting again keeps the place, new names come last`() {
        var list = EnvironmentList(["A=1", "B=2=3", "C"])
        list["A"] = "x"
        list["D"] = ""
        #expect(list.texts == ["A=x", "B=2=3", "C=", "D="])
        #expect(list["B"] == "2=3")
        #expect(list["E"] == nil)
    }
}
