internal import Glibc
internal import Synchronization

/// Keeps programs from being started while what they would be, and what they would load, is not the machine's own.
public final class ProgramBarrier: Sendable {
    public static let ofProcess = ProgramBarrier()

    private struct State {
        /// While something is there nothing is started.
        var path: String?
        /// Nothing is started, or somebody waits for what runs to end.
        var isShut = false
        var running = 0
        var waiting: CheckedContinuation<Void, any Error>?
    }

    private let state = Mutex(State())

    public init() {}

    /// Nothing is started while something is at `path`; until somebody says this the barrier cannot be shut.
    public func watch(_ path: String) { state.withLock { $0.path = path } }

    /// Somebody can shut it.
    public var isWatching: Bool { state.withLock { $0.path != nil } }

    /// Counts a program that is about to be started. Throws `notStarted` while nothing is.
    public func enter(_ program: String) throws(ProgramError) -> RunningMark {
        let isEntered = state.withLock { state in
            guard !state.isShut, state.path.map({ access($0, F_OK) != 0 }) ?? true else { return false }
            state.running += 1
            return true
        }
        guard isEntered else {
            throw .notStarted(program: program, reason: "the container's files are those of an image at the moment")
        }
        return RunningMark { [self] in leave() }
    }

    /// From now on nothing is started; returns when all that runs has ended. It holds until `open` is called on what is
    /// returned. Throws `BarrierError`, and `CancellationError`: then it is as it was.
    public func shut() async throws -> ShutBarrier {
        try state.withLock { state throws(BarrierError) in
            guard state.path != nil else { throw .unused }
            guard !state.isShut else { throw .shut }
            state.isShut = true
        }
        do {
            try await untilAllEnded()
        } catch {
            state.withLock { $0.isShut = false }
            throw error
        }
        return ShutBarrier { [self] in state.withLock { $0.isShut = false } }
    }

    private func untilAllEnded() async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isOver: Bool = state.withLock { state in
                    guard state.running > 0, !Task.isCancelled else { return true }
                    state.waiting = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
            try Task.checkCancellation()
        } onCancel: {
            takeWaiting()?.resume(throwing: CancellationError())
        }
    }

    private func leave() {
        let waiting = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            state.running -= 1
            guard state.running == 0 else { return nil }
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }

    private func takeWaiting() -> CheckedContinuation<Void, any Error>? {
        state.withLock { state in
            defer { state.waiting = nil }
            return state.waiting
        }
    }
}

/// Why a barrier was not shut.
public enum BarrierError: Error, Hashable, Sendable {
    /// Somebody else has shut it.
    case shut
    /// Nobody said that it would be.
    case unused
}

/// Something that runs, as far as a barrier is concerned.
public final class RunningMark: Sendable {
    private let end: Mutex<(@Sendable () -> Void)?>

    init(_ end: @escaping @Sendable () -> Void) { self.end = Mutex(end) }

    deinit { ended() }

    /// It needs nothing of the machine any more.
    public func ended() {
        let end = end.withLock { end in
            defer { end = nil }
            return end
        }
        end?()
    }
}

/// A barrier that lets nothing through.
public final class ShutBarrier: Sendable {
    private let mark: RunningMark

    init(_ lift: @escaping @Sendable () -> Void) { mark = RunningMark(lift) }

    /// From now on it depends on its path alone. It opens with this object, too.
    public func open() { mark.ended() }
}
