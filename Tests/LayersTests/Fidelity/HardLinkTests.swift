import FileSystem
import Layers
import Testing

@Suite(.enabled(if: OverlayStep.isPossible)) struct HardLinkTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let steps: [String]
        /// `path =first name` for each name of a group, of all that there is in the end.
        let links: [String]
        /// Of the last layer.
        let entries: [String]

        var testDescription: String { name }
    }

    @Test(arguments: [
        Case(
            name: "links of one step are links of its layer", steps: ["mkdir d; echo 1 >d/a; ln d/a b; ln b c"],
            links: ["b =b", "c =b", "d/a =b"], entries: ["b", "c = b", "d", "d/a = b"]),
        Case(
            name: "a name that is removed leaves the others",
            steps: ["echo 1 >a; ln a b; ln a c", "rm a"], links: ["b =b", "c =b"], entries: [".wh.a"]),
        Case(
            name: "all names but one may go", steps: ["echo 1 >a; ln a b; ln a c", "rm a c"], links: [],
            entries: [".wh.a", ".wh.c"]),
        Case(
            name: "a name that is replaced leaves the group",
            steps: ["echo 1 >a; ln a b; ln a c", "echo 2 >new; mv new a"], links: ["b =b", "c =b"], entries: ["a"]),
        Case(
            name: "a name that is written to leaves the group",
            steps: ["echo 1 >a; ln a b; ln a c", "echo 2 >>b"], links: ["a =a", "c =a"], entries: ["b"]),
        Case(
            name: "a name whose mode changes leaves the group",
            steps: ["echo 1 >a; ln a b; ln a c", "chmod 600 c"], links: ["a =a", "b =a"], entries: ["c"]),
        Case(
            name: "a link to a lower layer's file has its content", steps: ["echo 1 >a", "ln a b"],
            links: ["a =a", "b =a"], entries: ["a", "b = a"]),
        Case(
            name: "a link to one of a lower layer's links takes that one along",
            steps: ["echo 1 >a; ln a b", "ln b c"], links: ["b =b", "c =b"], entries: ["b", "c = b"]),
        Case(
            name: "a link may move", steps: ["echo 1 >a; ln a b; mkdir d", "mv b d/b"], links: [],
            entries: [".wh.b", "d", "d/b"]),
        Case(
            name: "a link whose first name is gone within the step", steps: ["echo 1 >a; ln a z; ln a y; rm a"],
            links: ["y =y", "z =y"], entries: ["y", "z = y"]),
        Case(
            name: "links of symlinks, fifos and devices",
            steps: ["ln -s t s; ln s r; mkfifo p; ln p q; mknod n c 1 3; ln n m"],
            links: ["m =m", "n =m", "p =p", "q =p", "r =r", "s =r"],
            entries: ["m", "n = m", "p", "q = p", "r", "s = r"]
        ),
        Case(
            name: "a group grows and shrinks over three layers",
            steps: ["echo 1 >a; ln a b", "ln a c; ln a d", "rm a; ln c e"], links: ["c =c", "e =c"],
            entries: [".wh.a", "c", "e = c"]),
        Case(
            name: "a directory with links is removed and made again",
            steps: ["mkdir d; echo 1 >d/a; ln d/a d/b; ln d/a out", "rm -r d; mkdir d; ln out d/a"],
            links: ["d/a =d/a", "out =d/a"], entries: ["d", "d/.wh..wh..opq", "d/a", "out = d/a"]),
    ]) func `groups of names`(_ test: Case) throws {
        let stack = try LayerStack()
        for step in test.steps { try stack.run(step) }
        #expect(try Self.groups(stack.seen()) == test.links)
        #expect(try Self.groups(stack.unpackedByUmoci()) == test.links)
        let members = try Archive.members(stack.scratch.read(String(stack.tarFile().split(separator: "/").last ?? "")))
        let entries = members.map { member in
            member.entry.kind == .hardLink
                ? "\(member.entry.path) = \(member.entry.linkTarget)" : "\(member.entry.path)"
        }
        #expect(entries == test.entries)
    }

    @Test func `a link has the metadata of its group wherever it is read`() throws {
        let stack = try LayerStack()
        try stack.run(
            "mkdir a z; echo text >z/f; chown 7:8 z/f; chmod 4755 z/f; touch -d @99 z/f; ln z/f a/f; touch -d @5 a z")
        try stack.expectSameFromOthers()
    }

    private static func groups(_ listing: [String]) -> [String] {
        listing.compactMap { line in
            let words = line.split(separator: " ")
            return words.first { $0.hasPrefix("=") }.map { "\(words[0]) \($0)" }
        }
    }
}
