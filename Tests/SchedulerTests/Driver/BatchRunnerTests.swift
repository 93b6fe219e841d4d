import Glibc
import Jobs
import OCI
import Planning
import Storage
import Synchronization
import SystemPackage
import Testing

@testable import Scheduler

@Suite(.timeLimit(.minutes(10))) struct BatchRunnerTests {
    @Test func `images are built in order, each fact recorded before it is shown`() async throws {
        let batch = try TestBatch([TestImage(name: "a"), TestImage(name: "b", parents: ["a"])])
        #expect(try await batch.run() == ["a built", "b built"])
        #expect(
            batch.journal.lines == [
                "record start a #1 BUILD1", "show start a #1", "record a finished BUILD1", "show a finished",
                "record end a built BUILD1", "show end a built",
                "record start b #1 BUILD2", "show start b #1", "record b finished BUILD2", "show b finished",
                "record end b built BUILD2", "show end b built",
            ])
    }

    @Test func `a job says where the state and the log are`() async throws {
        let batch = try TestBatch([TestImage(name: "team/a")])
        _ = try await batch.run()
        let job = try #require(batch.launcher.jobs.first)
        #expect(job.build == "BUILD1")
        #expect(job.stateFolder == batch.folder.string)
        #expect(job.logFile == batch.folder.string + "/logs/RUN/team%2Fa.log")
        #expect(batch.journal.outcomes.first?.log == "logs/RUN/team%2Fa.log")
        #expect(batch.journal.outcomes.first?.cpuMilliseconds == 7)
        #expect(access(batch.folder.string + "/logs/RUN", F_OK) == 0)
    }

    @Test func `a failed step fails its image and blocks descendants`() async throws {
        let failure = JobFailure(class: .step, message: "exit 1", summary: "exit 1", exitCode: 1)
        let batch = try TestBatch(
            [TestImage(name: "a"), TestImage(name: "b", parents: ["a"]), TestImage(name: "c")],
            scripts: ["a": { $0.send(.failed(failure)) }])
        #expect(try await batch.run() == ["a failed", "b blocked", "c built"])
        let outcomes = Dictionary(uniqueKeysWithValues: batch.journal.outcomes.map { ($0.image, $0) })
        #expect(outcomes["a"]?.error == failure)
        #expect(outcomes["b"]?.build == nil)
        #expect(outcomes["b"]?.error?.summary == "it needs a, which was not built")
    }

    @Test func `an image whose Dockerfile cannot be understood fails without an executor`() async throws {
        let failure = JobFailure(class: .dockerfile, message: "Dockerfile:1: no", summary: "no")
        let batch = try TestBatch([TestImage(name: "a", job: failure)])
        #expect(try await batch.run() == ["a failed"])
        #expect(batch.launcher.jobs.isEmpty)
        #expect(batch.journal.outcomes.first?.error == failure)
    }

    @Test func `an executor that dies is a defect, told with its signal and the end of its log`() async throws {
        let batch = try TestBatch(
            [TestImage(name: "a")],
            scripts: [
                "a": { executor in
                    executor.send(.started(ExecutorStarted(isolation: "shifted", privateNetwork: .private, steps: 3)))
                    guard let log = fopen(executor.job.logFile, "w") else { return }
                    fputs("step 1\nstep 2\n", log)
                    fclose(log)
                    executor.exit(.signalled(11))
                }
            ])
        #expect(try await batch.run() == ["a failed"])
        let error = try #require(batch.journal.outcomes.first?.error)
        #expect(error.class == .internal)
        #expect(
            error.message == """
                the executor died (signal 11, SIGSEGV) before it said how the build went; its log ends with
                  step 1
                  step 2
                """)
    }

    @Test func `what is no message ends the executor`() async throws {
        let batch = try TestBatch(
            [TestImage(name: "a")],
            scripts: [
                "a": { executor in
                    executor.sendBytes(Array("hello".utf8))
                    executor.waitForTermination()
                }
            ])
        #expect(try await batch.run() == ["a failed"])
        let error = try #require(batch.journal.outcomes.first?.error)
        #expect(error.message == "the executor sent a message that is not understood: hello")
    }

    @Test func `every attempt is a build of its own`() async throws {
        let attempts = Mutex(0)
        let batch = try TestBatch(
            [TestImage(name: "a", retry: RetryRule(attempts: 2, causes: [.oom]))],
            scripts: [
                "a": { executor in
                    let number = attempts.withLock { attempts in
                        attempts += 1
                        return attempts
                    }
                    let failure = JobFailure(class: .oom, message: "oom", summary: "oom")
                    executor.send(number == 1 ? .failed(failure) : .finished(.sample(of: "a")))
                }
            ])
        async let outcomes = batch.run()
        await batch.clock.sleeper(until: .seconds(2))
        batch.clock.advance(to: .seconds(2))
        #expect(try await outcomes == ["a built"])
        #expect(
            batch.journal.lines.filter { !$0.hasPrefix("show") } == [
                "record start a #1 BUILD1", "record a failed BUILD1", "attempt BUILD1 failed",
                "record retry a #2 BUILD1",
                "record start a #2 BUILD2", "record a finished BUILD2", "record end a built BUILD2",
            ])
        #expect(batch.journal.outcomes.first?.attempt == 2)
    }

    @Test func `a ledger that cannot be written ends the run`() async throws {
        let batch = try TestBatch(
            [TestImage(name: "a"), TestImage(name: "b", parents: ["a"])],
            scripts: ["a": { $0.waitForTermination() }])
        batch.journal.fail(after: 0)
        await #expect(throws: JobFailure(class: .host, message: "disk full", summary: "disk full")) {
            try await batch.run()
        }
        #expect(batch.journal.lines.allSatisfy { $0.hasPrefix("show") })
    }

    @Test(arguments: [
        (1, 0, "built", true), (1, 0, "unchanged", false), (2, 2, "fresh", false),
    ])
    func `an image that is what it was is unchanged, or fresh if nothing ran`(
        steps: Int, cached: Int, status: String, isNew: Bool
    ) async throws {
        let result = JobResult.sample(of: "a", steps: steps, cached: cached)
        let batch = try TestBatch(
            [TestImage(name: "a")], scripts: ["a": { $0.send(.finished(result)) }],
            lastBuilt: isNew ? [:] : ["a": result.manifest.digest])
        #expect(try await batch.run() == ["a \(status)"])
    }

    @Test func `many images with more output than a socket holds`() async throws {
        let images = (0..<30).map { TestImage(name: "i\($0)", parents: $0 > 3 ? ["i\($0 / 4)"] : []) }
        let script: FakeLauncher.Script = { executor in
            let line = String(repeating: "x", count: 4000)
            for _ in 0..<200 { executor.send(.output(StepOutput(step: 1, stream: .stdout, text: line))) }
            executor.send(.finished(.sample(of: executor.job.image)))
        }
        let batch = try TestBatch(
            images, scripts: Dictionary(uniqueKeysWithValues: images.map { ($0.name, script) }), slots: 8)
        #expect(try await batch.run() == images.map { "\($0.name) built" })
        #expect(batch.journal.lines.count { $0 == "show i29 output" } == 200)
    }
}
