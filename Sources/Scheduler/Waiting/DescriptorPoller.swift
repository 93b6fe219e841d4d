internal import Dispatch
internal import Glibc
internal import Synchronization

/// Waits for descriptors on one thread, so that no task blocks in a system call.
///
/// The thread lives until `stop`; descriptors stay their owners', who close them only after their wait has returned.
final class DescriptorPoller: Sendable {
    private struct Wait {
        var descriptors: [CInt]
        var events: Int16
        var reply: Reply<Void>
    }

    private struct State {
        var issued = 0
        var waits: [Int: Wait] = [:]
        var isStopped = false
    }

    private let state = Mutex(State())
    /// Interrupts `poll`: a socket pair, both ends non-blocking.
    private let alarm: (read: CInt, write: CInt)

    init() {
        var ends: [CInt] = [-1, -1]
        let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        precondition(socketpair(AF_UNIX, CInt(type), 0, &ends) == 0, "no descriptors are left for a socket pair")
        alarm = (ends[0], ends[1])
        let thread = DispatchQueue(label: "build-all.poll")
        thread.async { self.pollUntilStopped() }
    }

    /// Ends the thread; all who wait go on.
    func stop() {
        state.withLock { $0.isStopped = true }
        ring()
    }

    /// Returns when one of the descriptors can be read (or is at its end), or the task is cancelled.
    func waitReadable(_ descriptors: [CInt], endsOnCancellation: Bool = true) async {
        await wait(for: descriptors, Int16(POLLIN), endsOnCancellation)
    }

    func waitWritable(_ descriptor: CInt) async { await wait(for: [descriptor], Int16(POLLOUT), true) }

    private func wait(for descriptors: [CInt], _ events: Int16, _ endsOnCancellation: Bool) async {
        let reply = Reply<Void>()
        let number: Int? = state.withLock { state in
            guard !state.isStopped else { return nil }
            state.issued += 1
            state.waits[state.issued] = Wait(descriptors: descriptors, events: events, reply: reply)
            return state.issued
        }
        guard let number else { return }
        ring()
        _ = await reply.wait(endsOnCancellation: endsOnCancellation)
        state.withLock { _ = $0.waits.removeValue(forKey: number) }
    }

    private func ring() {
        var byte: UInt8 = 0
        // A full socket wakes the thread just as well.
        _ = write(alarm.write, &byte, 1)
    }

    private func pollUntilStopped() {
        while pollOnce() {}
        for wait in state.withLock({ $0.waits.values.map(\.reply) }) { wait.give(()) }
        close(alarm.read)
        close(alarm.write)
    }

    private func pollOnce() -> Bool {
        let (waits, isStopped) = state.withLock { ($0.waits, $0.isStopped) }
        guard !isStopped else { return false }
        var polled = [pollfd(fd: alarm.read, events: Int16(POLLIN), revents: 0)]
        var numbers: [Int] = []
        for (number, wait) in waits {
            polled += wait.descriptors.map { pollfd(fd: $0, events: wait.events, revents: 0) }
            numbers += wait.descriptors.map { _ in number }
        }
        guard poll(&polled, nfds_t(polled.count), -1) > 0 else { return true }
        drainAlarm(polled[0])
        let ready = Set(zip(polled.dropFirst(), numbers).filter { $0.0.revents != 0 }.map(\.1))
        let replies = state.withLock { state in ready.compactMap { state.waits.removeValue(forKey: $0)?.reply } }
        for reply in replies { reply.give(()) }
        return true
    }

    private func drainAlarm(_ polled: pollfd) {
        guard polled.revents != 0 else { return }
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(alarm.read, &bytes, bytes.count) == bytes.count {}
    }
}
