import Foundation
import Sandbox
import SystemPackage
import TestSupport
import Testing

/// What a step sees of each kind of mount, and what of it is on disk afterwards.
@Suite(.enabled(if: TestRung.isUsable)) struct MountKindTests {
    let executor: TestExecutor
    let upper: FilePath

    init() throws {
        executor = try TestExecutor(TestState())
        upper = try executor.state.makeFolder("upper")
    }

    private var state: TestState { executor.state }

    private func run(_ script: String, _ mounts: String..., fields: [(String, String)] = []) throws -> Outcome {
        try executor.run(script, upper: upper, fields: mounts.map { ("mount", $0) } + fields)
    }

    private func entries(_ folder: FilePath) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.string).sorted()
    }

    private func layer(_ files: [String: String]) throws -> FilePath {
        let folder = try state.makeFolder("layer")
        for (name, text) in files {
            let file = folder.appending(name)
            try FileManager.default.createDirectory(
                atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
            try text.write(toFile: file.string, atomically: false, encoding: .utf8)
        }
        return folder
    }

    @Test func `layers are one tree that cannot be written`() throws {
        let near = try layer(["a": "near", "d/x": "x"])
        let far = try layer(["a": "far", "d/y": "y"])
        let outcome = try run(
            "cat /src/a /src/d/x /src/d/y; echo; touch /src/new; rm /src/a", "layers:/src::::\(near),\(far)")
        #expect(outcome.lines.first == "nearxy")
        #expect(outcome.lines.dropFirst().allSatisfy { $0.hasSuffix("Read-only file system") })
        #expect(outcome.lines.count == 3)
        #expect(try entries(upper) == [])
    }

    @Test func `what a layer deleted is not seen, also in the only one`() throws {
        let only = try layer(["kept": ""])
        try #require(mknod(only.appending("gone").string, S_IFCHR, 0) == 0)
        #expect(try run("ls /src", "layers:/src::::\(only)").lines == ["kept"])
    }

    @Test func `no layers are an empty directory`() throws {
        let scratch = (try state.makeFolder("scratch"), try state.makeFolder("work"))
        let outcome = try run(
            "ls /a /b; touch /a/x; echo x >/b/x && cat /b/x", "layers:/a::::", "layers:/b::\(scratch.0):\(scratch.1):")
        #expect(outcome.lines == ["/a:", "", "/b:", "touch: /a/x: Read-only file system", "x"].filter { !$0.isEmpty })
    }

    @Test(arguments: [
        ("sub", "in sub"), ("/sub/", "in sub"), ("link", "in sub"), ("absolute", "in sub"), ("up/../sub", "in sub"),
        ("../../sub", "in sub"), ("outside", "not of the host"),
    ])
    func `a path inside layers follows links inside them`(path: String, text: String) throws {
        let folder = try layer(["sub/f": "in sub", "up/x": "", "etc/f": "not of the host"])
        symlink("sub", folder.string + "/link")
        symlink("/sub", folder.string + "/absolute")
        symlink("/../../../etc", folder.string + "/outside")
        #expect(try run("cat /src/f", "layers:/src:\(path):::\(folder)").output == text)
    }

    @Test func `a file of layers is mounted as a file`() throws {
        let folder = try layer(["sub/f": "text"])
        let outcome = try run("cat /app/file; echo x >/app/file", "layers:/app/file:sub/f:::\(folder)")
        #expect(outcome.output == "text/bin/sh: can't create /app/file: Read-only file system\n")
        #expect(try entries(upper) == [])
    }

    @Test func `a missing source is an error that names target and path`() throws {
        let folder = try layer(["a": ""])
        let outcome = try run("true", "layers:/src:nope:::\(folder)")
        #expect(outcome.error == "open what is mounted at /src from nope: No such file or directory")
    }

    @Test func `what is written over layers is in the scratch folder only`() throws {
        let folder = try layer(["a": "old"])
        let scratch = (try state.makeFolder("scratch"), try state.makeFolder("work"))
        let script = "echo new >/src/a; mkdir -p /src/d/e; cat /src/a"
        #expect(try run(script, "layers:/src::\(scratch.0):\(scratch.1):\(folder)").lines == ["new"])
        #expect(try String(contentsOfFile: folder.string + "/a", encoding: .utf8) == "old")
        #expect(try entries(scratch.0) == ["a", "d", "d/e"])
        #expect(try entries(upper) == [])
    }

    @Test func `a folder is shared and keeps what is written`() throws {
        let cache = try state.makeFolder("cache")
        #expect(try run("echo one >/cache/f; ls -ld /cache", "folder:/cache::rw:\(cache)").code == 0)
        #expect(try run("cat /other/f", "folder:/other::rw:\(cache)").output == "one\n")
        #expect(
            try run("cat /f; echo x >/f", "folder:/f:f:ro:\(cache)").lines.last?.hasSuffix("Read-only file system")
                == true)
        #expect(try entries(cache) == ["f"])
        #expect(try entries(upper) == [])
    }

    @Test func `memory is empty, limited and gone afterwards`() throws {
        let script = """
            stat -c %a /m /tmp; ls -A /m; dd if=/dev/zero of=/m/f bs=1024 count=2048 2>&1 | grep -c 'No space'; du -k /m/f
            """
        try state.write("x", to: "tmp/x")
        chmod(state.base.string + "/tmp", 0o750)
        let outcome = try run(script, "memory:/m:1048576", "memory:/tmp:")
        #expect(outcome.lines == ["1777", "750", "1", "1024\t/m/f"])
        #expect(try entries(upper) == [])
    }

    @Test(arguments: [0, 1, 65537, 512_000])
    func `a file has its bytes, mode and owner`(size: Int) throws {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        let source = state.path.appending("content")
        try Data(bytes).write(to: URL(fileURLWithPath: source.string))
        let script = """
            stat -c '%a %u %g %s' /run/secrets/s; base64 -w 0 /run/secrets/s; echo; echo x >>/run/secrets/s; chmod 666 /run/secrets/s
            """
        let outcome = try run(script, "file:/run/secrets/s:440:33:34:\(source)")
        #expect(outcome.lines.first == "440 33 34 \(size)")
        #expect(size == 0 || outcome.lines[1] == Data(bytes).base64EncodedString())
        #expect(outcome.lines.suffix(2).allSatisfy { $0.hasSuffix("Read-only file system") })
        #expect(try entries(upper) == [])
    }

    @Test func `a file is for its owner, and can be a program`() throws {
        let source = state.path.appending("content")
        try "#!/bin/sh\necho ran $0\n".write(toFile: source.string, atomically: false, encoding: .utf8)
        let mounts = [("mount", "file:/dev/pipes/EOF:755:0:0:\(source)"), ("mount", "file:/secret:400:0:0:\(source)")]
        let outcome = try run("/dev/pipes/EOF; cat /secret", fields: mounts + [("uid", "33")])
        #expect(outcome.lines == ["ran /dev/pipes/EOF", "cat: can't open '/secret': Permission denied"])
        #expect(try entries(upper) == [])
    }

    @Test(arguments: [0, 33]) func `a socket can be connected to by its owner`(uid: Int) throws {
        try Command.compile("unix.c", to: state.base.appending("bin/unix").string)
        let service = try EchoSocket(state.path.appending("agent"))
        let mount = "socket:/run/agent/s:600:\(uid):\(uid):\(service.path)"
        let fields = [("uid", "\(uid)"), ("gid", "\(uid)")]
        let outcome = try run("stat -c '%a %u' /run/agent/s; unix /run/agent/s hello", mount, fields: fields)
        #expect(outcome.lines == ["600 \(uid)", "hello"])
        let other = try run("unix /run/agent/s hello", mount, fields: [("uid", "34")])
        #expect(other.output == "connect: Permission denied\n")
        #expect(try entries(upper) == [])
    }

    @Test func `what is no socket is refused`() throws {
        let outcome = try run("true", "socket:/s:600:0:0:\(state.base)/etc/passwd")
        #expect(outcome.error == "open what is mounted at /s: Socket operation on non-socket")
    }

    @Test(arguments: ["layers:/x::::%", "folder:/x::rw:%", "memory:/x:", "file:/x:644:0:0:%/f"])
    func `devices and set-user-id programs have no effect on a mount`(mount: String) throws {
        let folder = try layer(["f": "x"])
        let outcome = try run("grep ' /x ' /proc/self/mountinfo", mount.replacing("%", with: folder.string) as String)
        let options = outcome.output.split(separator: " ").dropFirst(5).first?.split(separator: ",") ?? []
        #expect(Set(["nosuid", "nodev"]).isSubset(of: options.map(String.init)))
    }
}
