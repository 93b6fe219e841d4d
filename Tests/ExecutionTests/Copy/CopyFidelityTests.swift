import DockerfileFrontend
import FileSystem
import TestSupport
import Testing

@testable import Execution

/// That copies are what their sources were: content, names, links, holes, times.
@Suite(.enabled(if: Privilege.isRoot, "copies get root as their owner")) struct CopyFidelityTests {
    private let bench: CopyBench

    init() throws {
        bench = try CopyBench()
    }

    private func copy(_ sources: String..., to: String = "/to/", keepsMetadata: Bool = false) throws {
        try bench.copy(SourceFinder(tree: bench.tree(keepsMetadata: keepsMetadata)).sources(sources), to: to)
    }

    /// Output of a shell line in the bench's folder.
    private func shell(_ line: String) -> String {
        String(Shell("cd '\(bench.folder.path)'; \(line)").output.drop { $0 == "\n" })
    }

    @Test func `files with one inode stay linked within a source, and only there`() throws {
        bench.prepare("source", "mkdir a b; echo x > a/1; ln a/1 a/2; mkdir a/s; ln a/1 a/s/3; ln a/1 b/4")
        try copy("a", "b")
        #expect(shell("cd upper/to; stat -c %h 1 2 s/3 4") == "3\n3\n3\n1\n")
        #expect(shell("cat upper/to/4") == "x\n")
    }

    @Test func `linked symlinks and FIFOs stay linked`() throws {
        bench.prepare("source", "mkdir d; ln -s x d/l; ln -P d/l d/m; mkfifo d/p; ln d/p d/q")
        try copy("d")
        #expect(shell("cd upper/to; stat -c %h l m p q") == "2\n2\n2\n2\n")
    }

    @Test func `times are kept to the nanosecond, also those before 1970 and past 2038`() throws {
        bench.prepare(
            "source",
            """
            mkdir -p d/s; touch d/s/f; ln -s f d/s/l; mkfifo d/p
            touch -h -d '1960-01-02 03:04:05.123456789Z' d/s/f d/s/l; touch -d '2100-01-01Z' d/p
            touch -d '2001-02-03 04:05:06.7Z' d/s
            """)
        try copy("d")
        #expect(shell("cd source/d; stat -c %y s s/f s/l p") == shell("cd upper/to; stat -c %y s s/f s/l p"))
    }

    @Test func `what is made has a fixed time, what was there keeps its own`() throws {
        bench.prepare("source", "echo a > a")
        bench.prepare("below", "mkdir -p old/in; touch -d 2001-02-03Z old/in; touch -d 2002-02-03Z old")
        try copy("a", to: "/old/in/new/x/")
        let times = shell("cd upper; TZ=UTC stat -c %y old old/in old/in/new old/in/new/x | cut -c1-10")
        #expect(times == "2002-02-03\n2001-02-03\n1970-01-01\n1970-01-01\n")
    }

    /// 255 bytes, a line feed, no UTF-8, and what looks like an option or a pattern.
    @Test func `names of any bytes are matched and copied`() throws {
        let names = [
            "$'a\\nb'", "$'\\xff\\xfe'", "-rf", "' '", "'*'", "$'e\\u0301'", "$(printf n%.0s {1..255})", "...",
            "'q\"\\'",
        ]
        Shell(
            "cd '\(bench.folder.path)/source'; mkdir d; cd d; bash -c \"for n in \(names.joined(separator: " ").replacing("\"", with: "\\\"").replacing("$", with: "\\$")); do echo x > \\\"./\\$n\\\"; done\""
        )
        let count = shell("ls -A source/d | wc -l")
        #expect(count != "0\n")
        try copy("d", to: "/directory/")
        try copy("d/*", to: "/glob/")
        #expect(shell("diff -r source/d upper/directory; diff -r source/d upper/glob") == "")
    }

    @Test func `an ignore file matches names that are no UTF-8 by their bytes`() throws {
        Shell(
            "cd '\(bench.folder.path)/source'; mkdir d; bash -c \"touch d/\\$'\\\\xff\\\\xfe' d/\\$'\\\\xff\\\\xfd'\"")
        let tree = try bench.tree(ignore: "d/?\n")
        #expect(try SourceFinder(tree: tree).sources(["d"]).first?.entries.count == 2)
        let none = try bench.tree(ignore: "d/??\n")
        #expect(try SourceFinder(tree: none).sources(["d"]).first?.entries.isEmpty == true)
    }

    @Test func `a sparse file stays sparse`() throws {
        bench.prepare("source", "truncate -s 300M big; printf end >> big")
        try copy("big", to: "/big")
        #expect(
            shell("stat -c %s upper/big; test $(stat -c %b upper/big) -lt 2000 && echo sparse") == "314572803\nsparse\n"
        )
    }

    @Test func `a directory of very many files is copied in linear time`() throws {
        Shell("cd '\(bench.folder.path)/source'; mkdir d; cd d; seq 20000 | xargs touch")
        let start = ContinuousClock.now
        try copy("d")
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(shell("ls upper/to | wc -l") == "20000\n")
    }

    @Test(arguments: [200, 4_200]) func `a deep tree is copied, also past PATH_MAX`(length: Int) throws {
        let name = String(repeating: "n", count: 100)
        // Shell cannot name such a path at once.
        Shell(
            "cd '\(bench.folder.path)/source'; mkdir d; cd d; for i in $(seq \(length / 100)); do mkdir \(name); cd -P \(name) || exit; echo $i > f; echo z > z; done"
        )
        try copy("d")
        let depth = Shell(
            "cd '\(bench.folder.path)/upper/to'; n=0; while cd -P \(name) 2>/dev/null; do n=$((n+1)); test $(cat f) = $n; done; echo $n"
        ).output
        #expect(depth == "\(length / 100)\n")
        for place in ["source", "upper"] { try bench.open(place).removeTree(place == "source" ? "d" : "to") }
    }

    @Test func `extended attributes come from stages, overlayfs' own do not`() throws {
        bench.prepare(
            "source",
            """
            mkdir d; touch d/f; setfattr -n user.mine -v 1 d/f; setfattr -n user.overlay.opaque -v y d
            setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 d/f
            """)
        try copy("*", keepsMetadata: true)
        let attributes = shell("getfattr -R -d -m - upper/to | grep -v ^# | grep = | cut -d= -f1")
        #expect(attributes == "security.capability\nuser.mine\n")
        try copy("d", to: "/context/")
        #expect(shell("getfattr -R -d -m - upper/context | grep =") == "")
    }

    @Test func `a directory that comes up brings its extended attributes`() throws {
        bench.prepare("source", "touch f")
        bench.prepare("below", "mkdir to; setfattr -n user.mine -v 1 to")
        try copy("f")
        #expect(shell("getfattr -d upper/to | grep =") == "user.mine=\"1\"\n")
    }

    @Test func `modes hold also where a directory has a default ACL`() throws {
        bench.prepare("source", "mkdir d; touch d/a d/b; chmod 600 d/a; chmod 664 d/b")
        bench.prepare("below", "mkdir to; setfacl -d -m u::r,g::r,o::- to")
        try copy("d")
        try copy("d", to: "/to/new")
        #expect(shell("cd upper/to; stat -c %a a b new new/a new/b") == "600\n664\n755\n600\n664\n")
    }

    @Test func `files of several sources take each other's place`() throws {
        bench.prepare(
            "source", "mkdir a b; echo 1 > a/x; echo 22 > b/x; ln -s y a/l; echo 3 > b/l; ln b/l b/m; ln b/l a/m")
        try copy("a", "b", "a/x")
        #expect(
            shell("cd upper/to; cat x l m; stat -c '%F %h' x l m")
                == "1\n3\n3\nregular file 1\nregular file 2\nregular file 2\n")
    }

    @Test func `a heredoc is a file of root's, with a fixed time`() throws {
        let heredoc = Heredoc(name: "EOF", body: Array("a\nb\n".utf8))
        let time = FileTime(seconds: 1_000_000_000)
        let attributes = CopyAttributes(owner: nil, mode: nil, madeTime: time)
        try bench.copy([CopySource(heredoc, madeTime: time)], to: "/x/", attributes)
        try bench.copy([CopySource(heredoc, madeTime: time)], to: "/y", attributes)
        #expect(bench.layer() == "d x\nf x/EOF\nf y")
        #expect(
            shell("cat upper/x/EOF upper/y; stat -c %Y upper/x upper/y upper/x/EOF")
                == "a\nb\na\nb\n1000000000\n1000000000\n1000000000\n")
    }

    @Test func `keys know linked files from copies`() throws {
        func key(_ lines: String) throws -> [RootPath?] {
            let bench = try CopyBench()
            bench.prepare("source", lines)
            var links = LinkGroups()
            return try SourceFinder(tree: bench.tree()).sources(["d"])[0].entries.map { links.first(of: $0) }
        }
        #expect(try key("mkdir d; echo x > d/a; ln d/a d/b") == [nil, RootPath("/a")])
        #expect(try key("mkdir d; echo x > d/a; cp d/a d/b; ln d/a c") == [nil, nil])
    }
}
