import Glibc
import Programs
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct ProgramBarrierTests {
    private static let refused = "the container's files are those of an image at the moment"

    private func program(_ line: String, _ barrier: ProgramBarrier) -> HostProgram {
        var program = HostProgram(["sh", "-c", line], environment: ["PATH": "/usr/bin:/bin"])
        program.barrier = barrier
        return program
    }

    private func watched() throws -> (ProgramBarrier, TestFolder) {
        let (barrier, folder) = (ProgramBarrier(), try TestFolder())
        barrier.watch(folder.path("taken"))
        return (barrier, folder)
    }

    /// Until a program is refused: from then on somebody has the barrier, or waits for it.
    private func waitUntilShut(_ barrier: ProgramBarrier) async throws {
        while (try? barrier.enter("x")) != nil { try await Task.sleep(for: .milliseconds(2)) }
    }

    @Test func `nothing is started while there is something at the path`() async throws {
        let (barrier, folder) = try watched()
        #expect(try await program("exit 3", barrier).run().status == 3)
        Shell("touch '\(folder.path("taken"))'")
        await #expect(throws: ProgramError.notStarted(program: "sh", reason: Self.refused)) {
            try await program("true", barrier).run()
        }
        Shell("rm '\(folder.path("taken"))'")
        #expect(try await program("true", barrier).run().status == 0)
    }

    @Test func `a running program holds the barrier until it ends, and none starts meanwhile`() async throws {
        let (barrier, folder) = try watched()
        let (fifo, isOver) = (folder.path("fifo"), folder.path("over"))
        Shell("mkfifo '\(fifo)'")
        let running = Task { try await program("read -r x < '\(fifo)'; touch '\(isOver)'", barrier).run() }
        while access(folder.path("fifo"), F_OK) != 0 { try await Task.sleep(for: .milliseconds(2)) }
        // It runs once somebody reads.
        let end = await Task.detached { open(fifo, O_WRONLY | O_CLOEXEC) }.value
        let shutting = Task {
            let shut = try await barrier.shut()
            return (shut, access(isOver, F_OK) == 0)
        }
        try await waitUntilShut(barrier)
        await #expect(throws: ProgramError.notStarted(program: "sh", reason: Self.refused)) {
            try await program("true", barrier).run()
        }
        await #expect(throws: BarrierError.shut) { try await barrier.shut() }
        #expect(access(isOver, F_OK) != 0)
        write(end, "x\n", 2)
        close(end)
        let (shut, wasOver) = try await shutting.value
        #expect(wasOver)
        #expect(try await running.value.status == 0)
        #expect(throws: ProgramError.self) { try barrier.enter("x") }
        shut.open()
        #expect(try await program("true", barrier).run().status == 0)
    }

    @Test func `a program that cannot be started does not count`() async throws {
        let (barrier, _) = try watched()
        var absent = HostProgram(["no-such-program"], environment: [:])
        absent.barrier = barrier
        await #expect(throws: ProgramError.self) { try await absent.run() }
        try await barrier.shut().open()
    }

    @Test func `whoever serves is waited for until it has all that it needs`() async throws {
        let (barrier, _) = try watched()
        let server = try RunningProgram(program("read -r x", barrier))
        let shutting = Task { try await barrier.shut() }
        try await waitUntilShut(barrier)
        server.completeStart()
        let shut = try await shutting.value
        #expect(server.isRunning)
        server.stop()
        shut.open()
        try barrier.enter("x").ended()
    }

    @Test func `who stops waiting has changed nothing`() async throws {
        let (barrier, _) = try watched()
        let mark = try barrier.enter("x")
        let shutting = Task { try await barrier.shut() }
        try await waitUntilShut(barrier)
        shutting.cancel()
        await #expect(throws: CancellationError.self) { try await shutting.value }
        try barrier.enter("y").ended()
        mark.ended()
        try await barrier.shut().open()
    }

    @Test func `it stays shut where the path is left behind`() async throws {
        let (barrier, folder) = try watched()
        let shut = try await barrier.shut()
        Shell("touch '\(folder.path("taken"))'")
        shut.open()
        #expect(throws: ProgramError.self) { try barrier.enter("x") }
        Shell("rm '\(folder.path("taken"))'")
        try barrier.enter("x").ended()
    }

    @Test func `what nobody watches is not shut`() async throws {
        await #expect(throws: BarrierError.unused) { try await ProgramBarrier().shut() }
    }
}
