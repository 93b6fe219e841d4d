internal import Jobs
internal import OCI
internal import Synchronization

/// One attempt to build one image, and what came of it so far.
final class Attempt: Sendable {
    /// What the executor's events and the publisher have told.
    struct Facts {
        var result: JobResult?
        /// Seconds since 1970.
        var builtAt: Double?
        var missReasons: [String] = []
        var usage = ResourceUsage()
        var published = Publisher.Published()
        /// With their layers, for those who share them.
        var steps: [SharedStep] = []
        /// Cached layers that turned out not to be there, or to be others.
        var lost: Set<Digest> = []
        var lostSteps = 0
        /// All that `lost` ever held.
        var everLost: Set<Digest> = []
    }

    let image: Int
    let number: Int
    let build: String
    /// Seconds since 1970: when its last parent was built, and when its executor was started.
    let queued: Double
    let started: Double
    let control = AttemptControl()
    /// Of the present publishing; a later one, after a pause, has another.
    private let cancellation = Mutex(Reply<Void>())
    private let state = Mutex(Facts())

    init(image: Int, number: Int, build: String, queued: Double, started: Double) {
        self.image = image
        self.number = number
        self.build = build
        self.queued = queued
        self.started = started
    }

    var facts: Facts { state.withLock { $0 } }

    /// Starts to publish: what is given when that is to be given up.
    func beginPublishing() -> Reply<Void> {
        let reply = Reply<Void>()
        cancellation.withLock { $0 = reply }
        return reply
    }

    func cancelPublishing() { cancellation.withLock { _ = $0.give(()) } }

    func update(_ change: (inout Facts) -> Void) { state.withLock { change(&$0) } }

    /// Keeps what the outcome will need of an event.
    func note(_ event: JobEvent) {
        guard case .stepEnded(let step) = event, let reason = step.missReason else { return }
        update { $0.missReasons.append(reason) }
    }
}
