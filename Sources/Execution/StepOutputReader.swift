internal import FileSystem
internal import Glibc
internal import Jobs

/// Reads what a step writes, until its last process has closed both pipes: into the log first, then to the scheduler.
struct StepOutputReader {
    let step: Int
    let log: StepLog
    let scheduler: any SchedulerLink
    /// Is never shown, kept or sent.
    var mask = SecretMask([])

    private struct Pipe {
        let stream: StepOutput.Stream
        let file: OpenFile
        var masked: MaskedStream
        var splitter = LineSplitter()
        var isOpen = true
    }

    /// Longest text of one event: a message must fit into the socket.
    private static let longestText = 32 << 10

    func read(stdout: OpenFile, stderr: OpenFile) throws {
        let masked = MaskedStream(mask)
        var pipes = [
            Pipe(stream: .stdout, file: stdout, masked: masked), Pipe(stream: .stderr, file: stderr, masked: masked),
        ]
        while pipes.contains(where: \.isOpen) {
            var waiting = pipes.map { pollfd(fd: $0.isOpen ? $0.file.fd : -1, events: Int16(POLLIN), revents: 0) }
            guard poll(&waiting, UInt(waiting.count), -1) >= 0 || errno == EINTR else {
                throw SystemError(call: "poll", code: errno, path: nil)
            }
            for index in pipes.indices where waiting[index].revents != 0 { try drain(&pipes[index]) }
        }
    }

    private func drain(_ pipe: inout Pipe) throws {
        let bytes = try pipe.file.readOnce(upTo: 64 << 10)
        if bytes.isEmpty {
            pipe.isOpen = false
            try pass(pipe.splitter.add(pipe.masked.finish()), pipe.stream)
            if let rest = pipe.splitter.finish() { try pass([rest], pipe.stream) }
        } else {
            try pass(pipe.splitter.add(pipe.masked.add(bytes)), pipe.stream)
        }
    }

    private func pass(_ lines: [ArraySlice<UInt8>], _ stream: StepOutput.Stream) throws {
        try log.append(lines, step: step, stream: stream)
        var text = ""
        for line in lines {
            if !text.isEmpty, text.utf8.count + line.count > Self.longestText {
                try scheduler.send(.output(StepOutput(step: step, stream: stream, text: text)))
                text = ""
            }
            text += (text.isEmpty ? "" : "\n") + String(decoding: line, as: UTF8.self)
        }
        if !lines.isEmpty { try scheduler.send(.output(StepOutput(step: step, stream: stream, text: text))) }
    }
}

/// Both ends of a pipe, close-on-exec.
final class PipeEnds {
    let reading: OpenFile
    private var writer: OpenFile?

    init() throws {
        let (reading, writing) = try OpenFile.pipe()
        self.reading = reading
        writer = writing
    }

    /// -1 once it is closed.
    var writingFD: Int32 { writer?.fd ?? -1 }

    /// So that reading ends when the last process that writes does.
    func closeWriting() { writer = nil }
}

extension OpenFile {
    /// One read of at most so many bytes; empty at the end.
    func readOnce(upTo count: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            used = try read(into: UnsafeMutableRawBufferPointer(buffer))
        }
    }
}
