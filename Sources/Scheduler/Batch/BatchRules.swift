public import Planning

/// How many images run at once, and how they are ended.
public struct BatchRules: Hashable, Sendable {
    /// Executors at once; at least 1.
    public var slots: Int
    /// The first failure cancels what runs and what waits.
    public var failFast: Bool
    /// From SIGTERM to SIGKILL when a limit is exceeded.
    public var grace: Duration = .seconds(10)
    /// From SIGTERM to SIGKILL after Ctrl-C: everything ends within 2 seconds.
    public var interruptGrace: Duration = .milliseconds(1500)
    /// Whoever is killed before its end leaves a container that is no use any more.
    public mutating func allowTidying() {
        grace = .seconds(60)
        interruptGrace = .seconds(60)
    }

    /// The pause before the second attempt; it doubles with each further one.
    public var firstPause: Duration = .seconds(2)
    public var longestPause: Duration = .seconds(60)

    public init(slots: Int, failFast: Bool = false) {
        self.slots = max(1, slots)
        self.failFast = failFast
    }

    /// The pause after the given attempt, counted from 1.
    func pause(after attempt: Int) -> Duration {
        min(longestPause, firstPause * (1 << min(attempt - 1, 16)))
    }
}

/// What `BatchState` must know about one image.
public struct BatchImage: Hashable, Sendable {
    /// How long it takes, by history.
    public var seconds: Double
    public var retry: RetryRule
    /// The longest time from the executor's start to its end.
    public var timeout: Duration?
    /// The longest time in which the executor says nothing.
    public var idle: Duration?
    /// Whether outputs are written once the image is in the store.
    public var publishes: Bool

    public init(
        seconds: Double = 1, retry: RetryRule = RetryRule(), timeout: Duration? = nil, idle: Duration? = nil,
        publishes: Bool = false
    ) {
        self.seconds = seconds
        self.retry = retry
        self.timeout = timeout
        self.idle = idle
        self.publishes = publishes
    }
}
