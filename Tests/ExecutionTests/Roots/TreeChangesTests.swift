import FileSystem
import Glibc
import Layers
import TestSupport
import Testing

@testable import Execution

/// A tree, what a step did to it, and what is copied out of it as the step's layer.
@Suite(.enabled(if: Privilege.isRoot, "owners are set")) struct TreeChangesTests {
    /// What a step does; what the upper directory then holds: kind, mode and path, with ` -> ` names that are one file.
    struct Case: Sendable, CustomStringConvertible {
        var description: String
        var lines: String
        var expected: [String]
    }

    private static let tree = """
        mkdir -p etc var/lib/a bin; echo one > etc/one; echo two > etc/two; ln etc/two etc/three; ln -s one etc/link
        echo x > var/lib/a/x; echo y > var/lib/a/y; chmod 4755 etc/one; mkfifo var/fifo
        """

    static let cases = [
        Case(description: "nothing", lines: "", expected: []),
        Case(description: "reading", lines: "cat etc/*; ls -R; find . -newer etc", expected: []),
        Case(
            description: "content of the same length and time",
            lines: "touch -r var/lib/a/x t; echo z > var/lib/a/x; touch -r t var/lib/a/x; rm t",
            expected: ["d var", "d var/lib", "d var/lib/a", "f var/lib/a/x"]),
        Case(description: "a new file", lines: "echo > new", expected: ["f new"]),
        Case(description: "a deleted file", lines: "rm etc/one", expected: ["d etc", "w etc/one"]),
        Case(description: "a deleted folder", lines: "rm -r var/lib", expected: ["d var", "w var/lib"]),
        Case(
            description: "a folder made anew", lines: "rm -r var/lib; mkdir var/lib; echo > var/lib/n",
            expected: ["d var", "o var/lib", "f var/lib/n"]),
        Case(
            description: "a folder in the place of a file", lines: "rm etc/one; mkdir etc/one",
            expected: ["d etc", "o etc/one"]),
        Case(
            description: "a file in the place of a folder", lines: "rm -r var/lib; echo > var/lib",
            expected: ["d var", "f var/lib"]),
        Case(
            description: "a folder with another name", lines: "mv var/lib/a b",
            expected: ["d var", "d var/lib", "w var/lib/a", "o b", "f b/x", "f b/y"]),
        Case(
            description: "two folders change places", lines: "mv var/lib t; mv bin var/lib; mv t bin",
            expected: ["o bin", "o bin/a", "f bin/a/x", "f bin/a/y", "d var", "o var/lib"].filter {
                $0 != "o bin/a"
            } + ["d bin/a"]),
        Case(
            description: "the owner of a file with two names", lines: "chown 5 etc/two",
            expected: ["d etc", "f etc/two", "f etc/three"]),
        Case(
            description: "a further name of a file", lines: "ln etc/one again",
            expected: ["d etc", "f again -> etc/one"]),
        Case(
            description: "new files with two names", lines: "echo > n; ln n etc/n",
            expected: ["d etc", "f etc/n -> n"]),
        Case(description: "a mode", lines: "chmod 700 var", expected: ["d var"]),
        Case(description: "a link", lines: "ln -sfn two etc/link", expected: ["d etc", "l etc/link"]),
        Case(description: "a pipe", lines: "rm var/fifo; mkfifo var/fifo", expected: ["d var", "p var/fifo"]),
    ]

    @Test(arguments: cases) func `what a step changed is what its layer holds`(_ test: Case) throws {
        let bench = try Bench(Self.tree)
        try bench.change(test.lines)
        #expect(try bench.listing().sorted() == test.expected.sorted())
    }

    @Test(arguments: cases) func `layers laid over each other are the tree again`(_ test: Case) throws {
        let bench = try Bench(Self.tree)
        try bench.change(test.lines)
        try bench.merge(["below", "upper"])
        let difference = bench.folder.run(
            "diff -r --no-dereference merged root | grep -v fifo; for i in merged root; do (cd $i; \(Bench.facts)); done"
        )
        let lines = difference.output.split(separator: "\n")
        #expect(lines.count.isMultiple(of: 2))
        #expect(lines.prefix(lines.count / 2) == lines.suffix(lines.count / 2))
    }

    @Test func `a snapshot that nothing happened to is as it was`() throws {
        let bench = try Bench(Self.tree)
        #expect(try bench.copy())
        #expect(try bench.listing() == [])
    }

    @Test func `a tree deeper than there are descriptors`() throws {
        let bench = try Bench("")
        try bench.change("i=0; while [ $i -lt 1500 ]; do mkdir d; cd d; i=$((i+1)); done; echo > f")
        let count = bench.folder.run("cd upper; find . -name f | tr -cd / | wc -c; rm -rf ../root ../upper")
        #expect(count.lines == ["1501"])
    }
}

/// A tree and its layer.
private struct Bench {
    static let facts = "find . ! -name . -printf '%p %y %m %U %G %l %T@\\n' | sort; find . -links +1 ! -type d | sort"

    let folder: TestFolder
    private let before: TreeSnapshot

    init(_ lines: String) throws {
        folder = try TestFolder()
        try #require(folder.run("umask 022; mkdir root below upper merged; cd root; \(lines)").status == 0)
        try #require(folder.run("cp -a root/. below/").status == 0)
        before = try TreeSnapshot(OpenFile.open(folder.path("root"), [.read, .directory]))
    }

    func change(_ lines: String) throws {
        try #require(folder.run("umask 022; cd root; set -e; \(lines)").status == 0)
        _ = try copy()
    }

    func copy() throws -> Bool {
        let root = try OpenFile.open(folder.path("root"), [.read, .directory])
        let upper = try OpenFile.open(folder.path("upper"), [.read, .directory])
        return try TreeChanges(from: before, to: TreeSnapshot(root), in: root, into: upper).copy()
    }

    func merge(_ layers: [String]) throws {
        let tree = try OpenFile.open(folder.path("merged"), [.read, .directory])
        for layer in layers {
            try TreeOverlay(OpenFile.open(folder.path(layer), [.read, .directory]), into: tree).run()
        }
    }

    /// `w` is a deletion, `o` a folder that hides what is below.
    func listing() throws -> [String] {
        let upper = try OpenFile.open(folder.path("upper"), [.read, .directory])
        var firsts: [FileIdentity: String] = [:]
        let paths = folder.run("cd upper; find . ! -name . | sort").lines.map { String($0.dropFirst(2)) }
        return try paths.map { path in
            let status = try upper.status(of: FileName(path))
            if try upper.isDeletion(FileName(path), status) { return "w \(path)" }
            switch status.kind {
            case .directory: return try upper.open(FileName(path), .read).isOpaque() ? "o \(path)" : "d \(path)"
            case .symlink: return "l \(path)"
            case .fifo: return "p \(path)"
            default: break
            }
            if let first = firsts[FileIdentity(status)] {
                return "f " + [path, first].sorted().joined(separator: " -> ")
            }
            firsts[FileIdentity(status)] = path
            return status.linkCount > 1 ? "" : "f \(path)"
        }.filter { !$0.isEmpty }
    }
}

extension TestFolder {
    fileprivate func run(_ lines: String) -> Shell { Shell("cd '\(path)'; \(lines)") }
}
