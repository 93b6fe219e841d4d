internal import Jobs
internal import OCI
internal import Sandbox
internal import Threads

/// The conversation over the executor's socket, for any number of threads.
final class SocketLink: SchedulerLink {
    private struct State {
        var lastID = 0
        /// Of requests that wait, once they are there.
        var answers: [Int: SchedulerReply] = [:]
        /// One of the waiting threads reads for all.
        var isReading = false
    }

    private enum Turn {
        case answer(SchedulerReply)
        case read
    }

    private let socket: MessageSocket
    private let state = Monitor(State())

    init(_ socket: MessageSocket) {
        self.socket = socket
    }

    func send(_ event: JobEvent) throws {
        try socket.send(OCIDocument.encode(ExecutorMessage.event(event)))
    }

    func ask(_ request: ExecutorRequest) throws -> SchedulerReply {
        let id = state.change { state in
            state.lastID += 1
            return state.lastID
        }
        try socket.send(OCIDocument.encode(ExecutorMessage.request(id: id, request)))
        while true {
            switch nextTurn(id) {
            case .answer(let reply): return reply
            case .read: try read()
            }
        }
    }

    /// Waits until the answer is there, or until it falls to this thread to read.
    private func nextTurn(_ id: Int) -> Turn {
        state.wait { state in
            if let reply = state.answers.removeValue(forKey: id) { return .answer(reply) }
            if state.isReading { return nil }
            state.isReading = true
            return .read
        }
    }

    private func read() throws {
        defer { state.change { $0.isReading = false } }
        guard let message = try socket.receive() else {
            throw ExecutionError.protocolViolation("the scheduler closed the connection")
        }
        let answer = try OCIDocument.decode(ExecutorAnswer.self, from: message.bytes)
        let reply = SchedulerReply(response: answer.response, descriptors: message.descriptors)
        state.change { $0.answers[answer.id] = reply }
    }
}
