import Foundation
import Sandbox
import SystemPackage
import TestSupport
import Testing

@Suite(.enabled(if: TestRung.isUsable)) struct LimitTests {
    @Test func `a fork bomb is held, and the executor goes on`() throws {
        let executor = try TestExecutor(TestState(), limits: ResourceLimits(processes: 60))
        let outcome = try executor.run("for i in $(seq 200); do sleep 100 & done; echo end")
        #expect(outcome.output.contains("fork"))
        #expect(try executor.run("echo fine").output == "fine\n")
    }

    @Test func `a step that takes too much memory is stopped, and that is told`() throws {
        let executor = try TestExecutor(TestState(), limits: ResourceLimits(memoryInBytes: 64 << 20))
        let outcome = try executor.run("dd if=/dev/zero of=/dev/null bs=256M count=1")
        #expect(outcome.code != 0)
        if executor.process.limitWarnings.isEmpty { #expect(outcome.fields["ranOutOfMemory"] == "true") }
        #expect(try executor.run("echo fine").output == "fine\n")
    }

    @Test func `a limit that cannot be enforced as asked is told`() throws {
        let limits = ResourceLimits(memoryInBytes: 1 << 30, processes: 1000, processors: 1.5)
        let executor = try TestExecutor(TestState(), limits: limits)
        #expect(executor.process.limitWarnings.isEmpty == (geteuid() == 0))
        #expect(try executor.run("true").code == 0)
    }

    @Test(.enabled(if: geteuid() == 0))
    func `a step that would use more processor time than it may is held back`() throws {
        let folders = { () -> [String] in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/fs/cgroup/cpu")) ?? []
            return names.filter { $0.hasPrefix("build-all-\(getpid())-") }
        }
        let before = Set(folders())
        let executor = try TestExecutor(TestState(), limits: ResourceLimits(processors: 0.2))
        let own = try #require(folders().first { !before.contains($0) })
        #expect(try executor.run("i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done").code == 0)
        let counts = try String(contentsOfFile: "/sys/fs/cgroup/cpu/\(own)/cpu.stat", encoding: .utf8)
        let throttled = counts.split(separator: "\n").first { $0.hasPrefix("nr_throttled ") }
        #expect(throttled.flatMap { Int($0.dropFirst("nr_throttled ".count)) } ?? 0 > 0)
    }

    @Test func `without a control group a step keeps to as many processors, and cannot choose others`() throws {
        let executor = try TestExecutor(TestState(), limits: ResourceLimits(processors: 1))
        guard executor.process.limitWarnings.contains(where: { $0.contains("processor time") }) else { return }
        #expect(try executor.run("nproc").output == "1\n")
        #expect(try executor.run("taskset -p ffff $$").code != 0)
    }

    @Test(.enabled(if: geteuid() == 0)) func `a control group is gone with its executor`() throws {
        let groups = { () -> Set<String> in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/fs/cgroup/pids")) ?? []
            return Set(names.filter { $0.hasPrefix("build-all-\(getpid())-") })
        }
        let executor = try TestExecutor(TestState(), limits: ResourceLimits(processes: 99))
        let own = try executor.run("cat /proc/self/cgroup")
        #expect(own.code == 0)
        let during = groups()
        executor.process.kill()
        try executor.process.wait()
        #expect(groups().count < during.count)
    }
}
