import Glibc
import TestSupport
import Testing

@testable import FileSystem

struct HostFilesTests {
    /// A folder in which `/` of the machine is played: links that are changed afterwards are another root's.
    private func scene(_ lines: String) throws -> TestFolder {
        let tree = try TestFolder()
        try run(lines, in: tree)
        return tree
    }

    private func run(_ lines: String, in tree: TestFolder) throws {
        let result = Shell("set -e; cd '\(tree.path)'\n\(lines)")
        try #require(result.status == 0, "\(result.output)")
    }

    private func text(_ files: HostFiles, _ name: String) throws -> String? {
        do throws(SystemError) {
            return String(decoding: try files.open(name, [.read]).readAll(limit: 100) ?? [], as: UTF8.self)
        } catch {
            if error.isNotFound { return nil }
            throw error
        }
    }

    @Test func `until it is fixed a name is itself`() {
        let files = HostFiles()
        #expect(files.path("/a/b") == "/a/b")
        #expect(files.path("c") == "c")
        #expect(files.place("/a") == "/a")
    }

    @Test func `what is there is kept, and nothing else is found from then on`() throws {
        let tree = try scene("mkdir -p d/h; echo 1 > d/h/ca; echo 2 > f; echo 3 > other")
        let files = HostFiles()
        let names = ["d", "f", "absent"].map(tree.path)
        #expect(files.fix(names, mounts: []) == [tree.path("d"), tree.path("f")])
        try run("echo 4 > absent; echo 5 > d/new", in: tree)
        #expect(try text(files, tree.path("d/h/ca")) == "1\n")
        #expect(try text(files, tree.path("d//./new")) == "5\n")
        #expect(try text(files, tree.path("f")) == "2\n")
        for name in ["absent", "other", "d/none", "f/x", "d/../other"] {
            #expect(try text(files, tree.path(name)) == nil, "\(name)")
            #expect(files.place(tree.path(name)) == "/dev/null" + tree.path(name))
        }
    }

    @Test func `links of that moment count, and none that come later`() throws {
        let tree = try scene(
            """
            mkdir -p real/h kept image; echo own > real/h/ca; echo own > real/file; ln -s real d; ln -s ../real/file kept/link
            echo image > image/file; mkdir image/h; echo image > image/h/ca
            """)
        let files = HostFiles()
        let kept = files.fix(["d", "d/h/ca", "kept", "kept/link"].map(tree.path), mounts: [])
        #expect(kept == ["kept", "real", "real/file", "real/h/ca"].map(tree.path))
        try run(
            "ln -sfn image d; ln -sfn ../image/file kept/link; ln -s ../image/file kept/more; ln -s ../real/file kept/back",
            in: tree)
        #expect(try text(files, tree.path("d/h/ca")) == "own\n")
        #expect(try text(files, tree.path("kept/link")) == "own\n")
        #expect(try text(files, tree.path("kept/more")) == nil)
        #expect(try text(files, tree.path("kept/back")) == "own\n")
        // The folder that it was in is another's.
        try run("mv real gone; ln -s image real", in: tree)
        #expect(try text(files, tree.path("d/h/ca")) == nil)
    }

    /// As Kubernetes gives tokens: a link to a link that is replaced, where something is mounted.
    @Test func `in a mount links are followed as they are, and files appear`() throws {
        let tree = try scene(
            """
            mkdir -p run/token/..1 image; ln -s ..1 run/token/..data; ln -s ..data/token run/token/token; ln -s run var
            echo first > run/token/..1/token; echo image > image/file
            """)
        let files = HostFiles()
        let names = ["var/token/token", "var/token/later"].map(tree.path)
        #expect(files.fix(names, mounts: [tree.path("run/token")]) == [tree.path("run/token/..1/token")])
        #expect(try text(files, tree.path("var/token/later")) == nil)
        try run(
            """
            cd run/token; mkdir ..2; echo second > ..2/token; ln -sfn ..2 ..data; rm -r ..1; echo > later; ln -s ../../image/file out
            cd ../..; ln -sfn image var
            """, in: tree)
        #expect(try text(files, tree.path("var/token/token")) == "second\n")
        #expect(try text(files, tree.path("var/token/later")) == "\n")
        #expect(try text(files, tree.path("var/token/out")) == nil)
    }

    @Test func `what is in a mount that everybody may write to is what it was`() throws {
        let tree = try scene("mkdir -m 1777 tmp; echo own > tmp/own")
        let files = HostFiles()
        #expect(
            files.fix(["tmp/own", "tmp/later"].map(tree.path), mounts: [tree.path("tmp")]) == [tree.path("tmp/own")])
        try run("echo step > tmp/later", in: tree)
        #expect(try text(files, tree.path("tmp/own")) == "own\n")
        #expect(try text(files, tree.path("tmp/later")) == nil)
    }

    @Test func `what the kernel shows is found, and never kept`() throws {
        let tree = try scene("ln -s /dev/null null")
        let files = HostFiles()
        #expect(files.fix(["/dev/null", "/proc/self/fd", tree.path("null")], mounts: []) == [])
        #expect(files.path("/dev/stdin") == "/dev/stdin")
        #expect(files.path(tree.path("null")) == "/dev/null")
    }

    @Test func `names without a slash are below the folder of that moment`() {
        let files = HostFiles()
        _ = files.fix(["Package.swift", "/"], mounts: [])
        let folder = String(cString: getcwd(nil, 0))
        let found = files.path("Package.swift")
        #expect(found == files.path("\(folder)/Package.swift"))
        #expect((found != nil) == (access("Package.swift", F_OK) == 0))
        #expect(files.path("no-such-file") == nil)
    }
}
