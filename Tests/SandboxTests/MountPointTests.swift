import Foundation
import Sandbox
import SystemPackage
import TestSupport
import Testing

/// Where mounts go, and that the layer knows nothing of it.
@Suite(.enabled(if: TestRung.isUsable)) struct MountPointTests {
    let executor: TestExecutor
    let upper: FilePath

    init() throws {
        executor = try TestExecutor(TestState())
        upper = try executor.state.makeFolder("upper")
        try "content".write(toFile: executor.state.path.string + "/file", atomically: false, encoding: .utf8)
    }

    private var state: TestState { executor.state }

    private func file(_ target: String) -> (String, String) { ("mount", "file:\(target):444:0:0:\(state.path)/file") }
    private func memory(_ target: String) -> (String, String) { ("mount", "memory:\(target):") }

    private func run(
        _ script: String, _ mounts: (String, String)..., lowers: [FilePath]? = nil
    ) throws -> Outcome {
        try executor.run(script, lowers: lowers, upper: upper, fields: mounts)
    }

    private func entries(_ folder: FilePath? = nil) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: (folder ?? upper).string).sorted()
    }

    @Test(arguments: [
        ("/secret", "/secret"), ("/a/b/c/d", "/a/b/c/d"), ("/etc/marker", "/etc/marker"), ("/link/x/y", "/real/x/y"),
        ("/relative/x", "/real/x"), ("/tofile", "/etc/marker"), ("/dangling", "/nowhere/at/all"),
        ("/escape/x", "/x"), ("/escape/../../y", "/y"), ("/a/./b//c", "/a/b/c"), ("/chain/x", "/real/x"),
    ])
    func `a target is found or made where its links lead inside the image`(target: String, real: String) throws {
        try state.write("", to: "real/keep")
        for (link, text) in [
            ("link", "/real"), ("relative", "etc/../real"), ("tofile", "/etc/marker"), ("dangling", "nowhere/at/all"),
            ("escape", "../../../../.."), ("chain", "link"),
        ] { symlink(text, "\(state.base)/\(link)") }
        let outcome = try run("cat \(real); readlink -f \(target)", file(target))
        #expect(outcome.error == nil)
        #expect(outcome.output == "content\(real)\n")
        #expect(try entries() == [])
    }

    @Test func `directories above a mount point keep mode, owner, times and attributes`() throws {
        try state.write("", to: "run/lock/x")
        _ = try Command.output("setfattr", ["-n", "user.own", "-v", "value", state.base.string + "/run"])
        let script = "chmod 2775 /run; chown 33:34 /run; touch -d @1000000000 /run"
        #expect(try executor.run(script, upper: upper).code == 0)
        let top = upper
        let next = try state.makeFolder("upper")
        let look = "stat -c '%a %u %g %Y' /run; ls /run /run/lock"
        let outcome = try executor.run(look, lowers: [top, state.base], upper: next, fields: [file("/run/secrets/a")])
        #expect(outcome.lines == ["2775 33 34 1000000000", "/run:", "lock", "secrets", "/run/lock:", "x"])
        #expect(try entries(next) == [])
        // A step that changes the directory copies up what the image had.
        let touch = try executor.run(
            "touch /run/new", lowers: [top, state.base], upper: next, fields: [file("/run/secrets/a")])
        #expect(touch.code == 0)
        #expect(try entries(next) == ["run", "run/new"])
        let value = ["--only-values", "-n", "user.own", next.string + "/run"]
        #expect(try Command.output("getfattr", value) == "value")
    }

    @Test func `what a step writes beside a mount stays`() throws {
        let outcome = try run("echo own >/run/secrets/other; cat /run/secrets/*", file("/run/secrets/a"))
        #expect(outcome.output == "own\ncontent" || outcome.output == "contentown\n")
        #expect(try entries() == ["run", "run/secrets", "run/secrets/other"])
    }

    @Test func `a mount point that a layer deleted is there and the deletion holds`() throws {
        try state.write("old", to: "run/secrets/old")
        try state.write("old", to: "opaque/secrets/old")
        let top = try state.makeFolder("lower")
        #expect(try executor.run("rm -r /run/secrets /opaque; mkdir /opaque", upper: top).code == 0)
        let lowers = [top, state.base]
        let outcome = try run(
            "ls /run/secrets /opaque/secrets", file("/run/secrets/a"), file("/opaque/secrets/b"), lowers: lowers)
        #expect(outcome.lines == ["/opaque/secrets:", "b", "/run/secrets:", "a"])
        #expect(try entries() == [])
        #expect(try executor.run("ls /run /opaque", lowers: lowers).lines == ["/opaque:", "/run:"])
    }

    @Test func `nothing of the image is lost below a new directory`() throws {
        try state.write("", to: "data/a/b/keep")
        let outcome = try run("ls /data /data/a /data/a/b; rm -r /data/a/b", file("/data/a/c/x"))
        #expect(outcome.lines == ["/data:", "a", "/data/a:", "b", "c", "/data/a/b:", "keep"])
        let whiteout = try FileManager.default.attributesOfItem(atPath: upper.string + "/data/a/b")
        #expect(whiteout[.type] as? FileAttributeType == .typeCharacterSpecial)
        #expect(try entries() == ["data", "data/a", "data/a/b"])
    }

    @Test func `a mount point cannot be removed or moved by the step`() throws {
        let outcome = try run(
            "rm -r /run/secrets; mv /run/secrets /elsewhere; umount /run/secrets/a; cat /run/secrets/a",
            file("/run/secrets/a"))
        #expect(outcome.lines.last?.hasSuffix("content") == true)
        #expect(try !entries().contains("run/secrets/a"))
    }

    @Test func `mounts lie in and over earlier mounts`() throws {
        let cache = try state.makeFolder("cache")
        let outcome = try run(
            "cat /outer/in/secret; ls /outer /outer/cache; echo x >/outer/cache/f; cat /over",
            memory("/outer"), file("/outer/in/secret"), ("mount", "folder:/outer/cache::rw:\(cache)"),
            memory("/outer/cache/deep"), memory("/over"), memory("/hidden"), file("/over/x"), memory("/over"),
            ("mount", "folder:/hidden::rw:\(cache)"))
        #expect(outcome.error == nil)
        #expect(
            outcome.lines == [
                "content/outer:", "cache", "in", "/outer/cache:", "deep", "cat: read error: Is a directory",
            ])
        #expect(try entries(cache) == ["deep", "f"])
        #expect(try entries() == [])
    }

    @Test func `a mount point that a read-only mount lacks is an error`() throws {
        let folder = try state.makeFolder("layer")
        let outcome = try run("true", ("mount", "layers:/src::::\(folder)"), file("/src/secret"))
        #expect(outcome.error == "mount at /src/secret: Read-only file system")
    }

    @Test(arguments: [
        ("/", "mount at /: Device or resource busy"),
        ("/proc/self/x", "mount at /proc/self/x: No such file or directory"),
        ("/proc/cmdline", "mount at /proc/cmdline: Operation not permitted"),
        ("/etc", "mount at /etc: Is a directory"), ("/etc/passwd/x", "mount at /etc/passwd/x: Not a directory"),
        ("/loop", "mount at /loop: Too many levels of symbolic links"),
        ("/sys/x", "mount at /sys/x: Read-only file system"),
    ])
    func `a target that cannot be mounted on is an error that names it`(target: String, error: String) throws {
        symlink("loop", "\(state.base)/loop")
        let outcome = try run("true", file(target))
        #expect(outcome.error == error)
        #expect(try entries() == [])
    }

    @Test func `a directory does not cover a file`() throws {
        let outcome = try run("true", memory("/etc/marker"))
        #expect(outcome.error == "mount at /etc/marker: Not a directory")
    }

    @Test func `the machine's files can be covered and added to`() throws {
        let outcome = try run(
            "cat /etc/hosts /dev/x/y; ls /dev/shm", file("/etc/hosts"), file("/dev/x/y"), memory("/dev/shm"))
        #expect(outcome.output == "contentcontent")
        #expect(try entries() == [])
    }

    @Test func `a hundred and fifty mounts work, three hundred are refused`() throws {
        let some = (0..<150).map { file("/m/\($0)") }
        #expect(try executor.run("cat /m/* | wc -c", upper: upper, fields: some).output == "1050\n")
        #expect(try entries() == [])
        let many = (0..<300).map { memory("/m/\($0)") }
        #expect(
            try executor.run("true", fields: many).error == "read the step's request mounts: Argument list too long")
    }
}
