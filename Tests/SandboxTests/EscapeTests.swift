import Foundation
import Sandbox
import SystemPackage
import TestSupport
import Testing

/// Ways out of a step, none of which may lead anywhere.
@Suite(.enabled(if: TestRung.isUsable)) struct EscapeTests {
    let executor: TestExecutor

    init() throws {
        executor = try TestExecutor(TestState())
    }

    @Test(arguments: [
        "mount -t tmpfs none /mnt", "mount --bind /etc /bin", "umount /proc", "umount -l /etc/hosts",
        "unshare -U true", "unshare -m true", "unshare -n true", "nsenter -t 1 -m true", "mknod /x c 1 1",
        "mknod /x b 8 0", "hostname other", "ip link set lo down", "chroot /proc/1/root true",
        "echo 1 >/proc/sys/kernel/panic", "echo x >/proc/1/oom_score_adj", "cat /dev/kmsg", "cat /dev/vda",
        "kill -9 1; true; false",
    ])
    func `is refused`(command: String) throws {
        let outcome = try executor.run("mkdir -p /mnt; \(command)")
        #expect(outcome.code != 0)
        #expect(outcome.error == nil)
    }

    @Test func `the host's files are nowhere`() throws {
        let marker = "/tmp/marker-\(UUID().uuidString)"
        let text = "secret-of-the-host-\(UUID().uuidString)"
        try text.write(toFile: marker, atomically: true, encoding: .utf8)
        try text.write(toFile: executor.state.path.appending("secret").string, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: marker) }
        let script = """
            cat \(marker) \(executor.state.path)/secret; ls /; cat /proc/self/mountinfo
            find / -xdev -type f | while read f; do grep -l \(text) "$f"; done
            for d in /proc/[0-9]*; do ls $d/root/ $d/cwd/; cat $d/root/state/secret $d/cwd/secret; done
            cat /proc/self/root/../../../state/secret
            """
        let outcome = try executor.run(script)
        #expect(!outcome.output.contains(text))
        #expect(!outcome.lines.contains("state"))
        let mounts = outcome.lines.filter { $0.contains(" - ") }
        #expect(mounts.allSatisfy { !$0.contains(executor.state.path.string) })
    }

    @Test func `links of an image are followed inside the image only`() throws {
        let base = executor.state.base.string
        for name in ["hosts", "hostname", "resolv.conf"] { symlink("/../../../etc/passwd", "\(base)/etc/\(name)") }
        let before = try String(contentsOfFile: "/etc/passwd", encoding: .utf8)
        let outcome = try executor.run("cat /etc/hostname; cat /etc/passwd; ls -l /etc")
        #expect(outcome.lines.first == "buildkitsandbox")
        #expect(outcome.lines.contains("root:x:0:0:root:/root:/bin/sh"))
        #expect(try String(contentsOfFile: "/etc/passwd", encoding: .utf8) == before)
    }

    @Test func `an image whose proc is a link is refused`() throws {
        symlink("/etc", executor.state.base.appending("proc").string)
        let outcome = try executor.run("true")
        #expect(outcome.error?.hasPrefix("open the mount point proc:") == true)
    }

    @Test func `another executor's processes are out of reach`() throws {
        let other = try TestExecutor(executor.state)
        try other.start("SECRET=1; sleep 5; echo alive")
        let pid = other.process.pid
        let outcome = try executor.run("kill -9 \(pid) -1; cat /proc/\(pid)/mem /proc/\(pid)/environ; ls /proc/\(pid)")
        #expect(outcome.code != 0)
        #expect(kill(pid, 0) == 0)
        #expect(try other.run("echo still").fields["output"] != nil)
    }

    @Test func `an executor can open no socket and start no program`() throws {
        let answer = try executor.ask([("command", "attempt")])
        #expect(answer["socket"] == "\(EPERM)")
        #expect(answer["spawn"] == "\(EPERM)")
    }

    @Test func `system calls of the table fail with EPERM`() throws {
        let program = executor.state.base.appending("bin/calls")
        try Command.compile("calls.c", to: program.string)
        // In the host's network, over which no step has power.
        try executor.start(arguments: ["/bin/calls"], fields: [("network", "host")])
        let outcome = try executor.next()
        #expect(outcome.output == "")
        #expect(outcome.code == 0)
    }

    @Test(.enabled(if: geteuid() == 0)) func `the same calls fail otherwise where no filter is`() throws {
        let program = executor.state.path.appending("calls").string
        try Command.compile("calls.c", to: program)
        let refused = try Command.output(program, []).split(separator: "\n")
        // Each line is a call that got something else than EPERM.
        #expect(refused.count > 50)
    }
}
