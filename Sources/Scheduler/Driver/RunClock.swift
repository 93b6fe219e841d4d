internal import Glibc

/// The time of a run; tests move it by hand.
public protocol RunClock: Sendable {
    /// Distance from a fixed moment; never goes back, and goes on while the machine sleeps.
    var now: Duration { get }
    /// The calendar's time, for the ledger.
    var secondsSince1970: Double { get }
    /// Returns at the deadline, at once if that is past; throws only when the task is cancelled.
    func sleep(until deadline: Duration) async throws
}

/// The machine's clock, counted from the moment this was made.
public struct SystemRunClock: RunClock {
    private let start = ContinuousClock.now

    public init() {}

    public var now: Duration { start.duration(to: .now) }

    public var secondsSince1970: Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    public func sleep(until deadline: Duration) async throws {
        try await ContinuousClock().sleep(until: start.advanced(by: deadline))
    }
}
