internal import CCurl

#if canImport(Glibc)
    internal import Glibc
#endif

/// The time, as far as a client of the network needs it. Tests bring their own.
public protocol NetworkClock: Sendable {
    /// Seconds since 1970-01-01 UTC.
    var secondsSince1970: Double { get }
    /// Throws `CancellationError` when the task is cancelled meanwhile.
    func sleep(for duration: Duration) async throws
}

/// The machine's clock.
public struct SystemNetworkClock: NetworkClock {
    public init() {}

    public var secondsSince1970: Double {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }

    public func sleep(for duration: Duration) async throws { try await Task.sleep(for: duration) }
}

/// How often and when something that failed for a passing reason is tried again.
public struct RetryPolicy: Sendable {
    /// The first one included. A download that got on by a MiB or more starts counting anew.
    public var attempts: Int
    /// Before the second attempt; doubled for each further one.
    public var firstDelay: Duration
    public var longestDelay: Duration
    /// A server that asks for a longer pause (`Retry-After`) is given up.
    public var longestRetryAfter: Duration
    /// In 0..<1; spreads the delays of many clients over half their length.
    public var random: @Sendable () -> Double
    /// Shared by all copies of a policy.
    public var budget: RetryBudget

    public init(
        attempts: Int = 5, firstDelay: Duration = .milliseconds(500), longestDelay: Duration = .seconds(20),
        longestRetryAfter: Duration = .seconds(120), budget: RetryBudget = RetryBudget(),
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.attempts = attempts
        self.firstDelay = firstDelay
        self.longestDelay = longestDelay
        self.longestRetryAfter = longestRetryAfter
        self.random = random
        self.budget = budget
    }

    /// The pause after the attempt of this number, counted from 1; nil when there is to be no other.
    public func delay(after attempt: Int, retryAfter: Duration?) -> Duration? {
        guard attempt < attempts else { return nil }
        if let retryAfter { return retryAfter <= longestRetryAfter ? retryAfter : nil }
        let doublings = min(attempt - 1, 16)
        let delay = min(longestDelay, firstDelay * (1 << doublings))
        return delay * (0.5 + random() / 2)
    }
}

/// What a `Retry-After` field asks for, in either form of RFC 9110 section 10.2.3; nil when it is neither.
public func parseRetryAfter(_ text: String, now: Double) -> Duration? {
    if let seconds = Int(text) { return seconds >= 0 ? .seconds(min(seconds, 1 << 30)) : nil }
    return parseHTTPDate(text).map { .seconds(max(0, (Double($0) - now).rounded(.up))) }
}

/// A date in any of the forms that HTTP has had, in seconds since 1970; nil for anything else.
public func parseHTTPDate(_ text: String) -> Int64? {
    let date = curl_getdate(text, nil)
    return date < 0 ? nil : Int64(date)
}
