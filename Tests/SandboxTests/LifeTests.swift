import Foundation
import Glibc
import Sandbox
import SystemPackage
import TestSupport
import Testing

/// How executors start and end, and that nothing is left.
@Suite(.enabled(if: TestRung.isUsable)) struct LifeTests {
    let state: TestState

    init() throws {
        state = try TestState()
    }

    /// Processes of the host whose command line holds `marker`.
    private func processes(with marker: String) -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap(Int32.init).filter { pid in
            let line = (try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/cmdline"))) ?? Data()
            return String(decoding: line, as: UTF8.self).contains(marker)
        }
    }

    private func waitUntil(_ condition: () -> Bool) -> Bool {
        for _ in 0..<500 where !condition() { usleep(10_000) }
        return condition()
    }

    @Test func `a kill of the executor ends hundreds of its steps' processes`() throws {
        let marker = "7\(UInt32.random(in: 10_000...99_999))"
        let executor = try TestExecutor(state)
        try executor.start("for i in $(seq 300); do sleep \(marker) & done; wait")
        #expect(waitUntil { processes(with: marker).count >= 300 })
        executor.process.kill()
        let exit = try executor.process.wait()
        #expect(exit.signal == 9)
        #expect(processes(with: marker).isEmpty)
    }

    @Test func `a kill of the scheduler ends its executors with all their steps`() throws {
        let marker = "8\(UInt32.random(in: 10_000...99_999))"
        let scheduler = Process()
        scheduler.executableURL = URL(fileURLWithPath: TestExecutor.probe.string)
        let folders = try [state.base, state.makeFolder("upper"), state.makeFolder("work")].map(\.string)
        let script = "for i in $(seq 100); do setsid sleep \(marker) & done; wait"
        scheduler.arguments = [TestRung.current.rawValue, state.path.string] + folders + [script]
        try scheduler.run()
        #expect(waitUntil { processes(with: marker).count >= 100 })
        kill(scheduler.processIdentifier, SIGKILL)
        scheduler.waitUntilExit()
        #expect(waitUntil { processes(with: marker).isEmpty })
        // The scheduler's command line held the marker, and its executor's and stack's parent is gone.
        #expect(waitUntil { controlGroups(of: scheduler.processIdentifier).allSatisfy { processes(in: $0).isEmpty } })
        ExecutorProcess.sweepControlGroups()
        #expect(controlGroups(of: scheduler.processIdentifier).isEmpty)
    }

    private func controlGroups(of pid: Int32) -> [String] {
        ["memory", "pids", "cpu"].flatMap { controller -> [String] in
            let folder = "/sys/fs/cgroup/\(controller)"
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return names.filter { $0.hasPrefix("build-all-\(pid)-") }.map { "\(folder)/\($0)" }
        }
    }

    private func processes(in group: String) -> String {
        (try? String(contentsOfFile: group + "/cgroup.procs", encoding: .utf8)) ?? ""
    }

    @Test func `terminate cancels the executor, and its steps end within a second`() throws {
        let executor = try TestExecutor(state)
        try executor.start("trap '' TERM; echo up; while :; do sleep 100; done")
        usleep(200_000)
        let clock = ContinuousClock()
        let begin = clock.now
        executor.process.terminate()
        let outcome = try executor.next()
        #expect(outcome.signal == 9)
        #expect(outcome.fields["cancelled"] == "true")
        #expect(clock.now - begin < .seconds(30))
        #expect(try executor.run("true").error == "start a step after the job was cancelled: Operation canceled")
    }

    @Test func `letting go of the executor ends it`() throws {
        var executor: TestExecutor? = try TestExecutor(state)
        let pid = try #require(executor?.process.pid)
        executor = nil
        #expect(kill(pid, 0) == -1)
    }

    @Test func `an executor that cannot be executed is an error that names it`() throws {
        #expect(throws: SandboxError.systemCall("execve", path: "/nowhere/executor", errno: ENOENT)) {
            try ExecutorProcess.spawn(
                executable: "/nowhere/executor", job: [], rung: TestRung.current, stateFolder: state.path)
        }
    }

    @Test func `a program that is no executor is an error`() throws {
        #expect(throws: SandboxError.systemCall("wait for the executor", path: "", errno: EPIPE)) {
            try ExecutorProcess.spawn(
                executable: "/bin/true", job: [], rung: TestRung.current, stateFolder: state.path)
        }
    }

    @Test func `layers outside of the state folder are refused`() throws {
        let executor = try TestExecutor(state)
        let outcome = try executor.run("true", lowers: ["/usr"])
        #expect(outcome.error == "/usr is not below the state folder \(state.path)")
        #expect(
            try executor.run("true", lowers: [state.path.appending("../../usr")]).error?.contains("not below") == true)
    }

    @Test func `a process that was not spawned is no executor`() {
        #expect(throws: SandboxError.notAnExecutor) { try ExecutorEnvironment.enter() }
    }

    @Test(arguments: [0, 1, 131_071, 131_072, 1_000_000])
    func `messages of any length arrive whole`(length: Int) throws {
        let executor = try TestExecutor(state)
        let answer = try executor.ask([("command", "echo"), ("text", String(repeating: "x", count: length))])
        #expect(answer["text"]?.count == length)
    }

    @Test func `a message beyond the limit is refused`() throws {
        let executor = try TestExecutor(state)
        let bytes = MessageSocket.limit + 1
        #expect(throws: SandboxError.messageTooLong(bytes: bytes, limit: MessageSocket.limit)) {
            try executor.process.socket.send([UInt8](repeating: 1, count: bytes))
        }
    }
}
