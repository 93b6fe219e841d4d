internal import Dispatch
internal import Glibc

/// A program on its way to its end: read on a queue of its own, cancelled from anywhere.
final class ProgramRun: Sendable {
    let queue = DispatchQueue(label: "build-all.program")
    private let program: HostProgram
    private let child: ChildProcess
    private let output: Descriptor
    private let errorOutput: Descriptor
    /// A byte in it asks for the end.
    private let alarm: (reading: Descriptor, writing: Descriptor)

    private static let errorLimit = 16 << 10

    init(_ program: HostProgram) throws(ProgramError) {
        self.program = program
        alarm = try Descriptor.pipe()
        let (output, outputEnd) = try Descriptor.pipe()
        let (errorOutput, errorEnd) = try Descriptor.pipe()
        let input = try program.input.map(Self.pipe(holding:))
        child = try withExtendedLifetime((outputEnd, errorEnd, input)) { () throws(ProgramError) in
            try ChildProcess(program, input: input?.fd, output: outputEnd.fd, errorOutput: errorEnd.fd)
        }
        self.output = output
        self.errorOutput = errorOutput
    }

    /// The reading end of a pipe that has these bytes and no others. They fit into it: nobody has to wait.
    private static func pipe(holding bytes: [UInt8]) throws(ProgramError) -> Descriptor {
        precondition(bytes.count <= 4096, "more than any pipe takes at once")
        let (reading, writing) = try Descriptor.pipe()
        // The program waits for what it reads; only our side of a pipe does not wait.
        _ = fcntl(reading.fd, F_SETFL, 0)
        withExtendedLifetime(writing) { _ = write($0.fd, bytes, bytes.count) }
        return reading
    }

    func cancel() {
        var byte: UInt8 = 0
        _ = write(alarm.writing.fd, &byte, 1)
    }

    /// What is left to do when the program is to end.
    private enum Ending {
        case wanted(any Error)
        case killed(any Error)
    }

    func untilItsEnd() throws -> ProgramResult {
        var result = ProgramResult(status: 0, output: [], errorOutput: "")
        var errors: [UInt8] = []
        var ending: Ending?
        var deadline = ContinuousClock.now + program.timeout
        while !isGone(until: deadline, watchesAlarm: ending == nil) {
            read(output, into: &result.output, keeping: .max)
            read(errorOutput, into: &errors, keeping: Self.errorLimit)
            guard let reason = reasonToEnd(result.output.count, deadline, hasEnding: ending != nil) else { continue }
            switch ending {
            case nil:
                child.signal(SIGTERM)
                ending = .wanted(reason)
                deadline = .now + program.grace
            case .wanted(let first):
                child.signal(SIGKILL)
                ending = .killed(first)
                deadline = .now + .seconds(3600)
            case .killed: break
            }
        }
        read(output, into: &result.output, keeping: .max)
        read(errorOutput, into: &errors, keeping: Self.errorLimit)
        // What it left behind does not outlive it. Until it is reaped the group's number is nobody else's.
        child.signal(SIGKILL)
        result.status = child.reap()
        switch ending {
        case .wanted(let error), .killed(let error): throw error
        case nil: break
        }
        guard result.output.count <= program.outputLimit else { throw tooMuchOutput }
        result.errorOutput = String(decoding: errors, as: UTF8.self)
        return result
    }

    private var tooMuchOutput: ProgramError {
        .tooMuchOutput(program: program.arguments[0], limit: program.outputLimit)
    }

    private func reasonToEnd(_ size: Int, _ deadline: ContinuousClock.Instant, hasEnding: Bool) -> (any Error)? {
        if ContinuousClock.now >= deadline {
            return ProgramError.timedOut(program: program.arguments[0], after: program.timeout)
        }
        guard !hasEnding else { return nil }
        if size > program.outputLimit { return tooMuchOutput }
        var byte: UInt8 = 0
        return Glibc.read(alarm.reading.fd, &byte, 1) == 1 ? CancellationError() : nil
    }

    /// Waits for something to read, the alarm, the deadline or the end; true for the end.
    private func isGone(until deadline: ContinuousClock.Instant, watchesAlarm: Bool) -> Bool {
        let events = Int16(POLLIN)
        var polled = [
            pollfd(fd: child.exit.fd, events: events, revents: 0),
            pollfd(fd: isOpen(output) ? output.fd : -1, events: events, revents: 0),
            pollfd(fd: isOpen(errorOutput) ? errorOutput.fd : -1, events: events, revents: 0),
            pollfd(fd: watchesAlarm ? alarm.reading.fd : -1, events: events, revents: 0),
        ]
        let (seconds, attoseconds) = max(.zero, ContinuousClock.now.duration(to: deadline)).components
        let milliseconds = min(seconds, 3600) * 1000 + attoseconds / 1_000_000_000_000_000 + 1
        _ = poll(&polled, nfds_t(polled.count), Int32(milliseconds))
        return polled[0].revents != 0
    }

    /// An end of a pipe that the program has closed would keep `poll` from waiting.
    private func isOpen(_ pipe: Descriptor) -> Bool {
        var polled = pollfd(fd: pipe.fd, events: Int16(POLLIN), revents: 0)
        guard poll(&polled, 1, 0) > 0 else { return true }
        return polled.revents & Int16(POLLIN) != 0
    }

    /// Takes what is there, the last bytes of it where a limit says so. Output is read on past its limit by a chunk only.
    private func read(_ pipe: Descriptor, into bytes: inout [UInt8], keeping limit: Int) {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= program.outputLimit || limit < .max {
            let count = Glibc.read(pipe.fd, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            bytes += chunk[..<count]
            if bytes.count > limit { bytes.removeFirst(bytes.count - limit) }
        }
    }
}
