public import Jobs

extension BatchState {
    /// Where an image stands.
    public enum Phase: Hashable, Sendable {
        case waiting(parents: Int)
        case ready(attempt: Int)
        /// Its executor lives; it holds a slot.
        case running(Run)
        /// Between two attempts to build or to publish.
        case pausing(Pause)
        /// In the store; its outputs are being written. It holds no slot, and its children may run.
        case publishing(attempt: Int, isCancelled: Bool)
        case ended(Ending)
    }

    public struct Run: Hashable, Sendable {
        public var attempt: Int
        public var started: Duration
        public var lastActivity: Duration
        /// It waits for the scheduler: the idle clock stands still.
        public var isServed = false
        public var stop: Stop?
    }

    public struct Pause: Hashable, Sendable {
        public var attempt: Int
        public var until: Duration
        /// The image is in the store; only its outputs are tried again.
        public var isBuilt: Bool
    }

    /// An executor that was asked to end.
    public struct Stop: Hashable, Sendable {
        /// What becomes of the image: a failure of class `timeout`, or nil when it was cancelled.
        public var failure: JobFailure?
        /// When patience ends; nil once it has been killed.
        public var killAt: Duration?
    }

    /// What the batch as a whole does.
    enum Course {
        case normal
        /// `failFast` after the first failure: what publishes may finish.
        case failing
        /// After Ctrl-C.
        case interrupted
    }
}
