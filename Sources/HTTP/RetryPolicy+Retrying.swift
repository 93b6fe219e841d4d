public import Logging

/// An error that knows whether trying again makes sense.
public protocol RetriableError: Error {
    var isTemporary: Bool { get }
    /// The pause that the other side asks for.
    var retryAfter: Duration? { get }
    /// The same, as the end of several attempts.
    func afterAttempts(_ count: Int) -> Self
}

extension RetryPolicy {
    /// Runs `body` until it succeeds, fails for good, or the attempts are used up. `progress` is a count that only grows:
    /// an attempt that raised it by a MiB or more counts as the first.
    public func retrying<Value, Failure: RetriableError>(
        _ failure: Failure.Type, clock: any NetworkClock, log: Logger, progress: () -> Int64 = { 0 },
        _ body: () async throws -> Value
    ) async throws -> Value {
        var attempt = 1
        var before = progress()
        while true {
            do {
                let value = try await body()
                budget.earn()
                return value
            } catch let error as Failure where error.isTemporary {
                let now = progress()
                if now >= before + (1 << 20) { attempt = 1 }
                before = now
                guard let delay = delay(after: attempt, retryAfter: error.retryAfter), budget.spend() else {
                    throw attempt == 1 ? error : error.afterAttempts(attempt)
                }
                log.notice("\(error); trying again in \(delay)")
                try await clock.sleep(for: delay)
                attempt += 1
            }
        }
    }
}
