import OCI
import Testing

@testable import Execution

/// Keys: equal for equal parts, and for no others.
@Suite struct StepKeyTests {
    private func key(_ parts: [(String, String)]) -> StepKey {
        var key = StepKey(kind: "RUN", platform: Platform(os: "linux", architecture: "amd64"))
        for (name, value) in parts { key.add(name, value) }
        return key
    }

    @Test func `equal parts give equal keys`() {
        #expect(key([("a", "1")]).digest == key([("a", "1")]).digest)
    }

    @Test(arguments: [
        ([("a", "1")], [("a", "2")]), ([("a", "1")], [("b", "1")]), ([("a", "1"), ("b", "")], [("a", "1")]),
        ([("a", "1b"), ("c", "2")], [("a", "1"), ("bc", "2")]), ([("a", "12")], [("a1", "2")]),
    ])
    func `parts are framed: no other list gives the same key`(
        first: [(String, String)], second: [(String, String)]
    ) {
        #expect(key(first).digest != key(second).digest)
    }

    @Test func `lists are framed too`() {
        var first = key([])
        first.add("command", ["a b", "c"])
        var second = key([])
        second.add("command", ["a", "b c"])
        #expect(first.digest != second.digest)
    }

    @Test func `a miss names what differs, in the ledger's words`() {
        let before = key([("context file /src/a.c", "1"), ("command", "make"), ("environment", "A=1")]).summary
        let now = key([("context file /src/a.c", "2"), ("command", "make"), ("environment", "A=2")])
        #expect(MissReason.changes(from: before, to: now) == "context_changed:src/a.c, environment_changed")
        #expect(MissReason.changes(from: now.summary, to: now) == "result_missing")
        let gone = key([("command", "make"), ("environment", "A=1")])
        #expect(MissReason.changes(from: before, to: gone) == "context_changed:src/a.c")
    }
}
