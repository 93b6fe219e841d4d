import Jobs
import Programs
import Synchronization
import TestSupport
import Testing

@testable import Planning
@testable import Scheduler

/// Executors that take the root of the container.
@Suite(.timeLimit(.minutes(10))) struct RootTests {
    private func watched() throws -> (ProgramBarrier, TestFolder) {
        let (barrier, folder) = (ProgramBarrier(), try TestFolder())
        barrier.watch(folder.path("taken"))
        return (barrier, folder)
    }

    private func isShut(_ barrier: ProgramBarrier) -> Bool { (try? barrier.enter("x")) == nil }

    @Test func `an executor has the root until it is gone, and the next one can have it`() async throws {
        let (barrier, _) = try watched()
        let seen = Mutex<[String]>([])
        let script: FakeLauncher.Script = { executor in
            let before = isShut(barrier)
            let answer = executor.ask(.takeRoot)
            seen.withLock { $0.append("\(before) \(answer == .noted) \(isShut(barrier))") }
            executor.send(.finished(.sample(of: executor.job.image)))
        }
        let batch = try TestBatch(
            [TestImage(name: "a"), TestImage(name: "b", parents: ["a"])], scripts: ["a": script, "b": script],
            barrier: barrier)
        #expect(try await batch.run() == ["a built", "b built"])
        #expect(seen.withLock { $0 } == ["false true true", "false true true"])
        #expect(!isShut(barrier))
    }

    @Test func `it waits for what runs`() async throws {
        let (barrier, _) = try watched()
        let mark = try barrier.enter("git")
        let hasEnded = Mutex(false)
        let wasOver = Mutex<Bool?>(nil)
        let batch = try TestBatch(
            [TestImage(name: "a")],
            scripts: [
                "a": { executor in
                    _ = executor.ask(.takeRoot)
                    wasOver.withLock { $0 = hasEnded.withLock { $0 } }
                    executor.send(.finished(.sample(of: "a")))
                }
            ], barrier: barrier)
        let run = Task { try await batch.run() }
        while !isShut(barrier) { try await Task.sleep(for: .milliseconds(2)) }
        hasEnded.withLock { $0 = true }
        mark.ended()
        #expect(try await run.value == ["a built"])
        #expect(wasOver.withLock { $0 } == true)
    }

    @Test func `an interrupted run waits no longer`() async throws {
        let (barrier, _) = try watched()
        let mark = try barrier.enter("git")
        let batch = try TestBatch(
            [TestImage(name: "a")],
            scripts: [
                "a": { executor in
                    executor.sendRequest(.takeRoot)
                    executor.waitForTermination()
                }
            ], barrier: barrier)
        let run = Task { try await batch.run() }
        while !isShut(barrier) { try await Task.sleep(for: .milliseconds(2)) }
        batch.runner.interrupt()
        #expect(try await run.value == ["a cancelled"])
        #expect(!isShut(barrier))
        mark.ended()
    }

    @Test func `of two at once one has it, and nobody where there is none`() async throws {
        let (barrier, _) = try watched()
        let shut = try await barrier.shut()
        let failures = Mutex<[String]>([])
        let script: FakeLauncher.Script = { executor in
            if case .failed(let failure) = executor.ask(.takeRoot) { failures.withLock { $0.append(failure.message) } }
            executor.send(.finished(.sample(of: executor.job.image)))
        }
        _ = try await TestBatch([TestImage(name: "a")], scripts: ["a": script], barrier: barrier).run()
        shut.open()
        _ = try await TestBatch([TestImage(name: "a")], scripts: ["a": script]).run()
        #expect(
            failures.withLock { $0 } == [
                "another image is built in the root of the container", "the root of this machine is not for images",
            ])
    }

    @Test func `what a plan reads by name is known`() throws {
        let secrets = [
            PlannedSecret(id: "a", source: .file("/secret")), PlannedSecret(id: "b", source: .environment("B")),
        ]
        let agents = [
            PlannedAgent(id: "a", source: .socket("/socket")), PlannedAgent(id: "b", source: .keys(["/key"])),
        ]
        var image = TestImage(name: "a", secrets: secrets, agents: agents)
        image.namedContexts = [
            "l": .layout(folder: "/layout", reference: nil), "t": .archive(ArchiveSource(.file("/archive"))),
        ]
        var planned = image.planned(among: ["a"])
        planned.cache = PlannedCache()
        planned.cache?.repository = .folder("/cache")
        #expect(
            Set(planned.hostFiles) == ["/secret", "/socket", "/key", "/layout", "/archive", "/cache"])
    }
}
