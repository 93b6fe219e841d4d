import Dispatch
import FoundationEssentials
import Glibc
import Jobs
import Synchronization

@testable import Scheduler

/// An executor that is a thread of this process: its script speaks the protocol over a real socket.
final class FakeExecutor: RunningExecutor {
    let job: Job
    let socket: CInt
    let exitDescriptor: CInt
    private let far: CInt
    private let exitEnd: CInt
    private let terminated = DispatchSemaphore(value: 0)
    private let end = Mutex<ExecutorEnd?>(nil)
    /// Copies of the descriptors that came with answers.
    private let sent = Mutex<[CInt]>([])

    init(_ job: Job) {
        self.job = job
        (socket, far) = Self.pair(SOCK_SEQPACKET)
        (exitDescriptor, exitEnd) = Self.pair(SOCK_STREAM)
    }

    private static func pair(_ type: __socket_type) -> (CInt, CInt) {
        var ends: [CInt] = [-1, -1]
        precondition(socketpair(AF_UNIX, CInt(type.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0, "socketpair")
        return (ends[0], ends[1])
    }

    // MARK: The scheduler's side

    func terminate() { terminated.signal() }

    func kill() {
        exit(.signalled(9))
        terminated.signal()
    }

    func reap() -> ExecutorEnd { end.withLock { $0 } ?? ExecutorEnd(.exited(-1)) }

    let warnings: [String] = []

    func receive() -> ExecutorArrival {
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        let size = recv(socket, &buffer, buffer.count, CInt(MSG_DONTWAIT))
        guard size > 0 else { return size < 0 && errno == EAGAIN ? .nothingYet : .end }
        return .message(Array(buffer[..<size]))
    }

    func send(_ message: [UInt8], descriptors: [CInt]) {
        sent.withLock { $0 += descriptors.map { dup($0) } }
        _ = Glibc.send(socket, message, message.count, CInt(MSG_NOSIGNAL))
    }

    /// Reads the last descriptor that was sent, to its end.
    func readSent() -> [UInt8]? {
        guard let fd = sent.withLock({ $0.last }) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = pread(fd, &bytes, bytes.count, 0)
        return count < 0 ? nil : Array(bytes[..<count])
    }

    deinit {
        for fd in sent.withLock({ $0 }) { close(fd) }
        close(socket)
        close(exitDescriptor)
    }

    // MARK: The script's side

    /// Runs the script on a thread of its own; when it returns the process has ended with status 0.
    func run(_ script: @escaping @Sendable (FakeExecutor) -> Void) {
        DispatchQueue(label: "executor \(job.image)").async {
            script(self)
            self.exit(.exited(0))
            Glibc.close(self.far)
        }
    }

    func send(_ event: JobEvent) { sendBytes(Self.encode(ExecutorMessage.event(event))) }

    func sendBytes(_ bytes: [UInt8]) {
        _ = Glibc.send(far, bytes, bytes.count, CInt(MSG_NOSIGNAL))
    }

    func sendRequest(_ request: ExecutorRequest) { sendBytes(Self.encode(ExecutorMessage.request(id: 7, request))) }

    func ask(_ request: ExecutorRequest) -> ExecutorResponse? {
        sendRequest(request)
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        let size = recv(far, &buffer, buffer.count, 0)
        guard size > 0 else { return nil }
        let answer = try? JSONDecoder().decode(ExecutorAnswer.self, from: Data(buffer[..<size]))
        return answer?.id == 7 ? answer?.response : nil
    }

    func waitForTermination() { terminated.wait() }

    /// Ends the process; the socket stays open as long as the script has it.
    func exit(_ cause: ExecutorEnd.Cause) {
        let isFirst = end.withLock { end in
            defer { end = end ?? ExecutorEnd(cause, usage: ResourceUsage(cpuMilliseconds: 7)) }
            return end == nil
        }
        if isFirst { Glibc.close(exitEnd) }
    }

    private static func encode(_ message: ExecutorMessage) -> [UInt8] {
        guard let data = try? JSONEncoder().encode(message) else { preconditionFailure("a message is JSON") }
        return Array(data)
    }
}

/// Starts fake executors: each image has a script; those without one build at once.
final class FakeLauncher: ExecutorLaunching {
    typealias Script = @Sendable (FakeExecutor) -> Void

    private let scripts: [String: Script]
    private let launched = Mutex<[Job]>([])

    init(_ scripts: [String: Script]) { self.scripts = scripts }

    var jobs: [Job] { launched.withLock { $0 } }

    func launch(_ job: Job) async throws -> any RunningExecutor {
        launched.withLock { $0.append(job) }
        let executor = FakeExecutor(job)
        executor.run(scripts[job.image] ?? { $0.send(.finished(.sample(of: $0.job.image))) })
        return executor
    }
}
