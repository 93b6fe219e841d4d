import Foundation
import Sandbox
import SystemPackage
import TestSupport
import Testing

@Suite(.enabled(if: TestRung.isUsable)) struct NamespaceTests {
    let executor: TestExecutor

    init() throws {
        executor = try TestExecutor(TestState())
    }

    @Test func `a step runs as root in the image and its exit code comes back`() throws {
        let outcome = try executor.run("echo hello; id -u; pwd; umask; exit 3")
        #expect(outcome.lines == ["hello", "0", "/", "0022"])
        #expect(outcome.code == 3)
    }

    @Test func `a step sees its own processes only`() throws {
        let outcome = try executor.run("for p in /proc/[0-9]*; do echo ${p#/proc/}; done; echo $$")
        #expect(outcome.lines == ["1", "2", "2"])
    }

    @Test func `a step has three descriptors and stdin is empty`() throws {
        let outcome = try executor.run("for f in /proc/$$/fd/*; do echo ${f##*/}; done; cat; tty")
        // The shell that expands the pattern has the folder itself open.
        #expect(outcome.lines.prefix(3) == ["0", "1", "2"])
        #expect(outcome.lines.last == "not a tty")
        #expect(try executor.run("readlink /proc/self/fd/0").output == "/dev/null\n")
    }

    @Test func `a step has the given variables and no others`() throws {
        let fields = [("variable", "PATH=/bin"), ("variable", "A=b c")]
        try executor.start(arguments: ["env"], fields: fields)
        #expect(try executor.next().lines == ["PATH=/bin", "A=b c"])
    }

    @Test func `process 1 tells nothing`() throws {
        let outcome = try executor.run("cat /proc/1/environ /proc/1/maps; ls -l /proc/1/fd /proc/1/root/; echo end")
        #expect(!outcome.output.contains("LANG"))
        #expect(!outcome.output.contains("memfd"))
        #expect(outcome.lines.filter { $0.contains("denied") }.count >= 3)
        #expect(outcome.lines.last == "end")
    }

    @Test func `mount points, devices and links are there`() throws {
        let script = """
            echo x >/dev/null; head -c 4 /dev/zero | od -An -tx1; ls /dev /dev/pts; echo y >/dev/shm/y && cat /dev/shm/y
            cat /etc/hostname; hostname; grep -c buildkitsandbox /etc/hosts; echo out >/dev/stdout; nproc
            """
        let outcome = try executor.run(script)
        #expect(
            outcome.lines.map { $0.trimmingCharacters(in: .whitespaces) }
                == [
                    "00 00 00 00", "/dev:", "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr",
                    "stdin", "stdout", "tty", "urandom", "zero", "", "/dev/pts:", "ptmx", "y", "buildkitsandbox",
                    "buildkitsandbox", "1", "out", "\(ProcessInfo.processInfo.activeProcessorCount)",
                ].filter { !$0.isEmpty || outcome.lines.contains("") })
    }

    @Test(arguments: [
        "kcore", "keys", "latency_stats", "timer_list", "timer_stats", "sched_debug", "interrupts", "kallsyms", "kmsg",
        "modules",
    ])
    func `a masked file is empty`(name: String) throws {
        #expect(try executor.run("cat /proc/\(name) 2>/dev/null | wc -c").output == "0\n")
    }

    @Test(arguments: ["asound", "acpi", "scsi"])
    func `a masked folder is empty`(name: String) throws {
        #expect(try executor.run("ls /proc/\(name) 2>/dev/null").output == "")
    }

    @Test(arguments: [
        "/proc/sys/kernel/domainname", "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger",
        "/proc/irq/default_smp_affinity",
        "/proc/bus/x", "/proc/fs/x", "/sys/devices/x", "/etc/resolv.conf", "/etc/hosts",
    ])
    func `a protected file cannot be written`(path: String) throws {
        #expect(try executor.run("echo x >\(path)").code == 1)
    }

    @Test func `a user is one in all respects, and may still write to its output`() throws {
        let fields = [("uid", "33"), ("gid", "34"), ("group", "35"), ("group", "36")]
        let outcome = try executor.run("id; echo again >/dev/stdout; echo x >/etc/x", fields: fields)
        #expect(outcome.lines[0] == "uid=33 gid=34 groups=35,36")
        #expect(outcome.lines[1] == "again")
        #expect(outcome.code == 1)
        let status = try executor.run("grep -E 'Cap(Inh|Prm|Eff|Amb)' /proc/self/status", fields: fields)
        #expect(status.lines.allSatisfy { $0.hasSuffix("0000000000000000") })
    }

    @Test func `capabilities are those of the list, and privileges can be gained by set-user-id programs`() throws {
        let outcome = try executor.run("grep -E 'CapBnd|CapEff|NoNewPrivs|Seccomp:' /proc/self/status | tr '\\t' ' '")
        #expect(
            outcome.lines == [
                "CapEff: 00000000800425fb", "CapBnd: 00000000800425fb", "NoNewPrivs: 0", "Seccomp: 2",
            ])
    }

    @Test(arguments: ["/a/b/c", "/link/d"])
    func `the working directory is made where it is missing, inside the image`(path: String) throws {
        symlink("/etc/../../..", executor.state.base.appending("link").string)
        let upper = try executor.state.makeFolder("upper")
        let outcome = try executor.run("readlink -f .; stat -c '%a %u' .", upper: upper, fields: [("directory", path)])
        let real = path.replacing("/link", with: "")
        #expect(outcome.lines == [real, "755 0"])
        #expect(FileManager.default.fileExists(atPath: upper.string + real))
    }

    @Test func `a working directory through a descriptor of proc is refused`() throws {
        let outcome = try executor.run("pwd", fields: [("directory", "/proc/self/fd/1/x")])
        #expect(outcome.error?.contains("working directory") == true)
    }
}
