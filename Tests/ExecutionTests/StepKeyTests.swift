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

    private func listing(_ files: [String: UInt64]) -> FileListing {
        FileListing { Dictionary(uniqueKeysWithValues: files.map { (Array($0.key.utf8), $0.value) }) }
    }

    private func changes(
        _ before: [(String, String)], _ files: [String: UInt64], _ now: [(String, String)], _ others: [String: UInt64]
    ) -> String {
        var next = key(now)
        next.note(listing(others))
        return MissReason.changes(
            from: key(before).summary, files: FileListing.decoded(FileListing.encoded([listing(files)])), to: next)
    }

    @Test func `a miss names what differs, in the ledger's words`() {
        let before = [("context", "1"), ("command", "make"), ("variable A", "1")]
        #expect(
            changes(
                before, ["/src/a.c": 1, "/b": 1], [("context", "2"), ("command", "make"), ("variable A", "2")],
                ["/src/a.c": 2, "/b": 1]) == "context_changed:src/a.c, environment_changed:A")
        #expect(changes(before, ["/a": 1], before, ["/a": 1]) == "result_missing")
        #expect(
            changes(before, ["/a": 1, "/b": 1], [("context", "2")] + before.dropFirst(), ["/a": 1, "/c": 1])
                == "context_added:c, context_removed:b")
        #expect(changes(before, [:], [("context", "2")] + before.dropFirst(), [:]) == "context_changed:.")
        #expect(
            changes(before, [:], Array(before.dropLast()) + [("variable B", "1")], [:])
                == "environment_changed:A, environment_changed:B")
    }

    @Test func `of many changed files a few are named, and how many more there are`() {
        let files = Dictionary(uniqueKeysWithValues: (100..<150).map { ("/f\($0)", UInt64($0)) })
        let reasons = changes([("context", "1")], files, [("context", "2")], files.mapValues { $0 + 1 })
        #expect(
            reasons == (100..<105).map { "context_changed:f\($0)" }.joined(separator: ", ") + ", more:45")
    }

    @Test func `a base that moved is told from layers that a step made`() {
        var before = key([("parent layers", "1")])
        var now = key([("parent layers", "2")])
        #expect(MissReason.changes(from: before.summary, files: [:], to: now) == "layers_below_changed")
        before.note("base", "debian:12")
        now.note("base", "debian:12")
        #expect(MissReason.changes(from: before.summary, files: [:], to: now) == "base_moved:debian:12")
    }

    @Test func `notes are not in the key`() {
        var noted = key([("a", "1")])
        noted.note("from context /src", "2")
        noted.note(listing(["/a": 1]))
        #expect(noted.digest == key([("a", "1")]).digest)
    }

    @Test func `other machines get digests, and none of a single variable`() {
        let digests = key([("command", "make"), ("variable A", "hunter2"), ("variable B", "1")]).digests
        #expect(digests["step"] == "RUN" && digests["platform"] == "linux/amd64")
        #expect(Set(digests.keys) == ["step", "platform", "command", "variable"])
        #expect(digests["variable"]?.count == 16 && digests["command"]?.count == 16)
        // Nor is a value in the record that stays here.
        #expect(!key([("variable A", "hunter2")]).summary.values.contains("hunter2"))
    }
}
