import TestSupport
import Testing

@testable import Execution

/// The rules of sources, destination and metadata, each on folders: what the layer then holds.
@Suite(.enabled(if: Privilege.isRoot, "copies get root as their owner")) struct CopyRulesTests {
    private static let below = [
        CopyCase(
            name: "a directory that is there keeps mode and owner", source: "echo a > a",
            below: "mkdir -p to/x; chmod 750 to; chown 5:6 to", sources: ["a"],
            expected: "d 750 5:6 to\nf to/a"),
        CopyCase(
            name: "parents come up with what they were", source: "echo a > a",
            below: "mkdir -p p/q; chmod 1711 p; chown 7:8 p; chmod 700 p/q", sources: ["a"], to: "/p/q/r/",
            expected: "d 1711 7:8 p\nd 700 0:0 p/q\nd p/q/r\nf p/q/r/a"),
        CopyCase(
            name: "a file in place of a file", source: "echo a > a; chmod 600 a", below: "mkdir to; echo old > to/a",
            sources: ["a"], expected: "d to\nf 600 0:0 to/a"),
        CopyCase(
            name: "a link at the end is followed", source: "echo a > a", below: "mkdir real; ln -s /real/x link",
            sources: ["a"], to: "/link", expected: "d real\nf real/x"),
        CopyCase(
            name: "a link to a directory is entered", source: "echo a > a", below: "mkdir real; ln -s real link",
            sources: ["a"], to: "/link", expected: "d real\nf real/a"),
        CopyCase(
            name: "a dangling link makes its target", source: "echo a > a", below: "ln -s /new/x link",
            sources: ["a"], to: "/link", expected: "d new\nf new/x"),
        CopyCase(
            name: "a link in a tree is replaced by the file", source: "mkdir d; echo a > d/a",
            below: "mkdir to; ln -s /etc/passwd to/a", sources: ["d"], expected: "d to\nf to/a"),
        CopyCase(
            name: "a directory in a tree gives its mode to the one that is there",
            source: "mkdir -p d/sub; chmod 711 d/sub; echo a > d/sub/a",
            below: "mkdir -p to/sub; chmod 777 to/sub; chown 9:9 to/sub; echo b > to/sub/b", sources: ["d"],
            expected: "d to\nd 711 0:0 to/sub\nf to/sub/a"),
        CopyCase(
            name: "the destination is not made for nothing", sources: ["*.none"], to: "/to/", expected: ""),
        CopyCase(
            name: "an empty directory makes the destination", source: "mkdir d; chmod 700 d", sources: ["d"],
            to: "/new", expected: "d new"),
        CopyCase(
            name: "nothing changes in a directory that is there already", source: "mkdir d", below: "mkdir to",
            sources: ["d"], expected: ""),
        CopyCase(
            name: "the last of several files with one name wins", source: "echo a > a; echo b > b; chmod 600 b",
            sources: ["a", "b"], to: "/x", expected: "f 600 0:0 x"),
        CopyCase(
            name: "a later source finds what an earlier one made",
            source: "mkdir d; ln -s sub d/link; mkdir d/sub; echo f > f",
            sources: ["d", "f"], to: "/to/", expected: "d to\nf to/f\nl to/link -> sub\nd to/sub"),
    ]

    private static let metadata = [
        CopyCase(
            name: "a context has no owners, but modes", source: "touch a; chown 5:6 a; chmod 6755 a", sources: ["a"],
            expected: "d to\nf 6755 0:0 to/a"),
        CopyCase(
            name: "a stage has owners",
            source: "mkdir d; cd d; touch a; chown 5:6 a; chmod 4711 a; ln -s x l; chown -h 3:4 l", sources: ["d"],
            keepsMetadata: true, expected: "d to\nf 4711 5:6 to/a\nl 3:4 to/l -> x"),
        CopyCase(
            name: "--chown is for all, links and parents too",
            source: "mkdir d; touch d/a; chmod 4755 d/a; ln -s a d/l", sources: ["d"], to: "/p/q",
            owner: (7, 8), expected: "d 755 7:8 p\nd 755 7:8 p/q\nf 4755 7:8 p/q/a\nl 7:8 p/q/l -> a"),
        CopyCase(
            name: "an octal mode is for all but links", source: "mkdir -p d/s; touch d/a; ln -s a d/l", sources: ["d"],
            to: "/p/q", mode: "2750",
            expected: "d 2750 0:0 p\nd 2750 0:0 p/q\nf 2750 0:0 p/q/a\nl p/q/l -> a\nd 2750 0:0 p/q/s"),
        CopyCase(
            name: "a symbolic mode is each entry's, and not the parents'",
            source: "mkdir -p d/s; touch d/a d/b; chmod 600 d/a; chmod 700 d/b", sources: ["d"], to: "/p/q",
            mode: "go+rX", expected: "d p\nd p/q\nf p/q/a\nf 755 0:0 p/q/b\nd p/q/s"),
        CopyCase(
            name: "in a directory with setgid files are still root's", source: "touch a",
            below: "mkdir to; chown 0:50 to; chmod 2775 to", sources: ["a"], expected: "d 2775 0:50 to\nf to/a"),
        CopyCase(
            name: "FIFOs are copied, sockets are not",
            source:
                "mkdir d; mkfifo -m 640 d/p; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"d/s\")'",
            sources: ["d"], expected: "d to\np 640 0:0 to/p"),
        CopyCase(
            name: "devices come from stages", source: "mkdir d; mknod -m 640 d/c c 1 7; mknod d/w c 0 0",
            sources: ["d"],
            keepsMetadata: true, expected: "d to\nc 640 0:0 to/c"),
    ]

    private static let excludes = [
        CopyCase(
            name: "a pattern is relative to the directory that is copied",
            source: "mkdir -p d/s; touch d/a.txt d/b.c d/s/a.txt", sources: ["d"], excludes: ["*.txt"],
            expected: "d to\nf to/b.c\nd to/s\nf to/s/a.txt"),
        CopyCase(
            name: "** is any directory", source: "mkdir -p d/s; touch d/a.txt d/b.c d/s/a.txt", sources: ["d"],
            excludes: ["**/*.txt"], expected: "d to\nf to/b.c\nd to/s"),
        CopyCase(
            name: "a file that is named is copied", source: "touch a.txt", sources: ["a.txt"], excludes: ["*.txt"],
            expected: "d to\nf to/a.txt"),
        CopyCase(
            name: "files that match a glob are copied, directories are looked into",
            source: "mkdir dx; touch x.txt dx/y.txt dx/z", sources: ["*x*"], excludes: ["*.txt"],
            expected: "d to\nf to/x.txt\nf to/z"),
        CopyCase(
            name: "several patterns, the last that matches counts",
            source: "mkdir -p d/s/t; touch d/a d/s/b d/s/t/c", sources: ["d"], excludes: ["s", "!s/t/c"],
            expected: "d to\nf to/a\nd to/s\nd to/s/t\nf to/s/t/c"),
        CopyCase(
            name: "an excluded directory that is there keeps all but its mode",
            source: "mkdir -p d/s; chmod 700 d/s; touch d/s/a d/s/b", below: "mkdir -p to/s; chown 5:5 to/s",
            sources: ["d"], excludes: ["s", "!s/a"], expected: "d to\nd 700 5:5 to/s\nf to/s/a"),
        CopyCase(
            name: "the ignore file and the patterns both count", source: "mkdir d; touch d/a d/b d/c", sources: ["d"],
            excludes: ["b"], ignore: "d/a\n", expected: "d to\nf to/c"),
    ]

    private static let parents = [
        CopyCase(
            name: "the path is kept, with its directories' metadata",
            source: "mkdir -p a/b; touch a/b/f; chmod 711 a; chmod 700 a/b", sources: ["a/b/f"], keepsParents: true,
            expected: "d to\nd 711 0:0 to/a\nd 700 0:0 to/a/b\nf to/a/b/f"),
        CopyCase(
            name: "the destination is a directory without a slash too", source: "touch f", sources: ["f"], to: "/to",
            keepsParents: true, expected: "d to\nf to/f"),
        CopyCase(
            name: "from the pivot on", source: "mkdir -p a/b/c; touch a/b/c/f", sources: ["./a/./b/c"],
            keepsParents: true, expected: "d to\nd to/b\nd to/b/c\nf to/b/c/f"),
        CopyCase(
            name: "a pivot at the end keeps nothing", source: "mkdir -p a/b; touch a/b/f", sources: ["a/b/./"],
            keepsParents: true, expected: "d to\nf to/f"),
        CopyCase(
            name: "a pattern matches whole paths", source: "mkdir -p a/b c; touch a/x.c a/b/y.c c/z.c t.c",
            sources: ["*/*.c"], keepsParents: true, expected: "d to\nd to/a\nf to/a/x.c\nd to/c\nf to/c/z.c"),
        CopyCase(
            name: "** in a pattern", source: "mkdir -p a/b/e c; touch a/x.c a/b/y.c c/z.h t.c", sources: ["**/*.c"],
            keepsParents: true, expected: "d to\nd to/a\nd to/a/b\nf to/a/b/y.c\nf to/a/x.c\nf to/t.c"),
        CopyCase(
            name: "a matching directory comes whole", source: "mkdir -p a/lib/x b/lib; touch a/lib/x/f a/g b/lib/h",
            sources: ["*/lib"], keepsParents: true,
            expected: "d to\nd to/a\nd to/a/lib\nd to/a/lib/x\nf to/a/lib/x/f\nd to/b\nd to/b/lib\nf to/b/lib/h"),
        CopyCase(
            name: "a pattern without a match makes nothing", sources: ["*/none"], keepsParents: true, expected: ""),
        CopyCase(
            name: "a glob before the pivot", source: "mkdir -p a1/s a2/s; touch a1/s/f a2/s/g", sources: ["a*/./s"],
            keepsParents: true, expected: "d to\nd to/s\nf to/s/f\nf to/s/g"),
        CopyCase(
            name: "owners come from a stage, --chown beats them",
            source: "mkdir a; touch a/f; chown 5:6 a; chown 7:8 a/f", sources: ["a/f"], keepsParents: true,
            keepsMetadata: true, expected: "d to\nd 755 5:6 to/a\nf 644 7:8 to/a/f"),
        CopyCase(
            name: "--chown is for parents too", source: "mkdir a; touch a/f", sources: ["a/f"], keepsParents: true,
            owner: (1, 2), expected: "d 755 1:2 to\nd 755 1:2 to/a\nf 644 1:2 to/a/f"),
        CopyCase(
            name: "a parent that is there gets the mode only", source: "mkdir a; chmod 700 a; touch a/f",
            below: "mkdir -p to/a; chown 5:5 to/a", sources: ["a/f"], keepsParents: true,
            expected: "d to\nd 700 5:5 to/a\nf to/a/f"),
        CopyCase(
            name: "patterns to exclude are relative to the pivot", source: "mkdir -p a/b; touch a/b/f a/b/g",
            sources: ["a/b", "a/./b"], excludes: ["a/b/f", "b/g"], keepsParents: true,
            expected: "d to\nd to/a\nd to/a/b\nf to/a/b/g\nd to/b\nf to/b/f"),
        CopyCase(
            name: "a link at the end stays, one on the way is followed",
            source: "mkdir -p real; touch real/f; ln -s real link; ln -s f real/l", sources: ["link/f", "real/l"],
            keepsParents: true, expected: "d to\nd to/link\nf to/link/f\nd to/real\nl to/real/l -> f"),
    ]

    @Test(arguments: below + metadata + excludes + parents)
    func `the layer holds what the rule says`(test: CopyCase) throws {
        let layer = try CopyBench().run(test)
        #expect(layer == test.expected)
    }

    private static let failures: [(CopyCase, ExecutionError)] = [
        (CopyCase(name: "missing", sources: ["nope"], expected: ""), .sourceNotFound("/nope")),
        (
            CopyCase(name: "ignored", source: "touch a", sources: ["a"], ignore: "a", expected: ""),
            .sourceIgnored("/a")
        ),
        (
            CopyCase(
                name: "missing below a pivot", source: "mkdir a", sources: ["a/./b/c"], keepsParents: true, expected: ""
            ),
            .sourceNotFound("/a/./b/c")
        ),
        (
            CopyCase(name: "dangling", source: "ln -s none l", sources: ["l"], expected: ""), .sourceNotFound("/l")
        ),
        (
            CopyCase(
                name: "a file over a directory", source: "mkdir d; touch d/x", below: "mkdir -p to/x", sources: ["d"],
                expected: ""), .copyOverDirectory("/to/x")
        ),
        (
            CopyCase(
                name: "a directory over a link to a directory", source: "mkdir -p d/x",
                below: "mkdir -p to real; ln -s /real to/x", sources: ["d"], expected: ""),
            .copyOntoNonDirectory("/to/x")
        ),
        (
            CopyCase(
                name: "a file on the way", source: "touch a", below: "touch to", sources: ["a"], expected: ""),
            .copyOntoNonDirectory("/to")
        ),
    ]

    @Test(arguments: failures) func `what cannot be copied is an error`(test: CopyCase, error: ExecutionError) throws {
        let bench = try CopyBench()
        #expect(throws: error) { try bench.run(test) }
    }
}
