internal import FoundationEssentials
internal import Glibc
internal import Jobs

/// Messages of one executor, decoded.
struct ExecutorChannel: Sendable {
    let executor: any RunningExecutor
    let poller: DescriptorPoller

    /// The next message; nil once the executor has closed its end or is gone, and all it said was read.
    ///
    /// Throws when it says something else. Not for two tasks at once.
    func next() async throws -> ExecutorMessage? {
        var isGone = false
        while true {
            switch try executor.receive() {
            case .message(let bytes): return try Self.decode(bytes)
            case .end: return nil
            case .nothingYet:
                if isGone { return nil }
                await poller.waitReadable([executor.socket, executor.exitDescriptor])
                isGone = Self.isReadable(executor.exitDescriptor) || Task.isCancelled
            }
        }
    }

    /// Returns once the executor is gone, also when the task is cancelled: a process is always reaped.
    func waitUntilGone() async {
        while !Self.isReadable(executor.exitDescriptor) {
            await poller.waitReadable([executor.exitDescriptor], endsOnCancellation: false)
        }
    }

    func send(_ answer: Answer, to request: Int) async throws {
        let bytes = try Array(JSONEncoder().encode(ExecutorAnswer(id: request, response: answer.response)))
        try await BlockingWork.run { [executor] in
            try withExtendedLifetime(answer.owner) { try executor.send(bytes, descriptors: answer.descriptors) }
        }
    }

    private static func decode(_ bytes: [UInt8]) throws(ChannelError) -> ExecutorMessage {
        do {
            return try JSONDecoder().decode(ExecutorMessage.self, from: Data(bytes))
        } catch {
            throw ChannelError(message: String(decoding: bytes.prefix(200), as: UTF8.self))
        }
    }

    private static func isReadable(_ descriptor: CInt) -> Bool {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, 0) > 0
    }
}

/// An executor that does not keep to the protocol.
struct ChannelError: Error, Hashable, CustomStringConvertible {
    /// Its beginning.
    let message: String

    var description: String { "the executor sent a message that is not understood: \(message)" }
}
