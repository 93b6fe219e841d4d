import Foundation
import Sandbox
import SystemPackage
import TestSupport
import Testing

/// The upper directory is the layer: what it holds on disk.
@Suite(.enabled(if: TestRung.isUsable)) struct LayerTests {
    let executor: TestExecutor
    let upper: FilePath

    init() throws {
        executor = try TestExecutor(TestState())
        upper = try executor.state.makeFolder("upper")
    }

    private func status(_ name: String) -> stat {
        var status = stat()
        lstat(upper.appending(name).string, &status)
        return status
    }

    @Test func `an untouched upper stays empty, also with no mount points in the image`() throws {
        let outcome = try executor.run(
            "cat /etc/resolv.conf /etc/hosts >/dev/null; ls /dev /proc /sys >/dev/null", upper: upper)
        #expect(outcome.code == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: upper.string) == [])
    }

    @Test func `an image's own files of etc come back unchanged`() throws {
        for name in ["hosts", "hostname", "resolv.conf"] {
            try executor.state.write("own \(name)\n", to: "etc/\(name)")
        }
        let outcome = try executor.run("cat /etc/hostname; echo new >/etc/new; rm -f /etc/hosts", upper: upper)
        #expect(outcome.lines.first == "buildkitsandbox")
        #expect(try FileManager.default.contentsOfDirectory(atPath: upper.appending("etc").string) == ["new"])
        #expect(
            try String(contentsOfFile: executor.state.base.appending("etc/hosts").string, encoding: .utf8)
                == "own hosts\n")
    }

    @Test func `a layer from no image at all works`() throws {
        let busybox = try executor.state.makeFolder("lower")
        try FileManager.default.createDirectory(atPath: busybox.string + "/bin", withIntermediateDirectories: true)
        link(executor.state.base.string + "/bin/busybox", busybox.string + "/bin/sh")
        let outcome = try executor.run("echo x >/x", lowers: [busybox], upper: upper)
        #expect(outcome.code == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: upper.string) == ["x"])
    }

    @Test func `mount points that a lower layer deleted are there and not in the layer`() throws {
        let top = try executor.state.makeFolder("lower")
        mkdir(top.string + "/etc", 0o755)
        for name in ["hosts", "hostname", "resolv.conf"] { mknod("\(top)/etc/\(name)", S_IFCHR, 0) }
        let script = "cat /etc/hostname; test -s /etc/resolv.conf && echo resolver"
        let outcome = try executor.run(script, lowers: [top, executor.state.base], upper: upper)
        #expect(outcome.error == nil)
        #expect(outcome.lines == ["buildkitsandbox", "resolver"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: upper.string) == [])
    }

    @Test(.enabled(if: TestRung.keepsImageIDs), arguments: [33, 65534, 2_000_000, 4_000_000_000])
    func `owners on disk are the image's`(id: UInt32) throws {
        let outcome = try executor.run("touch /f; chown \(id):\(id) /f; stat -c %u /f", upper: upper)
        #expect(outcome.output == "\(id)\n")
        #expect(status("f").st_uid == id)
        #expect(status("f").st_gid == id)
    }

    @Test(.enabled(if: !TestRung.keepsImageIDs)) func `owners on disk are those of the subordinate range`() throws {
        let outcome = try executor.run("touch /f /g; chown 33:34 /f; stat -c %u:%g /f /g", upper: upper)
        #expect(outcome.lines == ["33:34", "0:0"])
        #expect(status("g").st_uid == (TestRung.current == .mapped ? 300_000 : geteuid()))
        #expect(status("f").st_uid > 65535)
    }

    @Test(.enabled(if: TestRung.current == .subid)) func `an id that is not mapped is an error of the command`() throws
    {
        #expect(try executor.run("touch /f; chown 2000000 /f").code == 1)
    }

    @Test func `deletions are whiteouts, replaced directories are opaque`() throws {
        try executor.state.write("a", to: "dir/a")
        let outcome = try executor.run(
            "rm /etc/marker; rm -r /dir; mkdir /dir; rmdir /bin/none; touch /dir/b", upper: upper)
        #expect(outcome.code == 0)
        let whiteout = status("etc/marker")
        #expect(whiteout.st_mode & S_IFMT == S_IFCHR)
        #expect(whiteout.st_rdev == 0)
        let opaque = ["--only-values", "-n", "user.overlay.opaque", upper.appending("dir").string]
        #expect(try Command.output("getfattr", opaque) == "y")
    }

    @Test func `file capabilities are on disk`() throws {
        let tools = ["/usr/sbin/setcap", "/lib/x86_64-linux-gnu/libcap.so.2", "/lib/x86_64-linux-gnu/libc.so.6"]
        let loader = "/lib64/ld-linux-x86-64.so.2"
        guard (tools + [loader]).allSatisfy({ access($0, R_OK) == 0 }) else { return }
        for tool in tools + [loader] {
            let target = executor.state.base.appending("tools/\(FilePath(tool).lastComponent?.string ?? "")")
            try FileManager.default.createDirectory(
                atPath: target.removingLastComponent().string, withIntermediateDirectories: true)
            try FileManager.default.copyItem(
                atPath: FileManager.default.resolvingLinks(tool), toPath: target.string)
        }
        let script = """
            cp /bin/busybox /f && /tools/ld-linux-x86-64.so.2 --library-path /tools /tools/setcap cap_net_raw+ep /f
            """
        let outcome = try executor.run(script, upper: upper)
        #expect(outcome.output == "")
        let value = try Command.output("getfattr", ["-n", "security.capability", upper.appending("f").string])
        #expect(value.contains("security.capability=0s"))
    }

    @Test func `an upper and its work folder can be used again`() throws {
        let work = try executor.state.makeFolder("work")
        for number in 1...3 {
            let outcome = try executor.run("ls /; echo x >/f\(number)", upper: upper, fields: [("work", work.string)])
            #expect(outcome.code == 0)
        }
        #expect(try Set(FileManager.default.contentsOfDirectory(atPath: upper.string)) == ["f1", "f2", "f3"])
    }

    /// With the skeleton and the layer of mount points that is as many as the kernel takes.
    @Test func `498 layers make one tree`() throws {
        let layers = try (0..<497).map { number in
            let layer = try executor.state.makeFolder("a-long-name-for-a-layer-as-a-digest-would-have-")
            try "\(number)".write(toFile: layer.string + "/\(number)", atomically: false, encoding: .utf8)
            return layer
        }
        let outcome = try executor.run(
            "cat /0 /496", lowers: layers + [executor.state.base], fields: [("mount", "memory:/missing:")])
        #expect(outcome.error == nil)
        #expect(outcome.output == "0496")
    }
}

extension FileManager {
    fileprivate func resolvingLinks(_ path: String) -> String {
        URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }
}
