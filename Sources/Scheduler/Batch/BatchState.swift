internal import Jobs
public import Planning

/// Decides what runs when: the pure heart of the scheduler.
///
/// It does nothing itself: events go in with the time they happened, actions come out. At most `rules.slots` executors
/// run; of the ready images the one with the longest way to the end of the batch starts first. Time is any monotonic
/// clock's distance from any fixed moment.
public struct BatchState: Sendable {
    public let graph: DependencyGraph
    public let images: [BatchImage]
    public let rules: BatchRules
    /// Where each image stands.
    public internal(set) var phases: [Phase]

    /// Positions by urgency, and the inverse.
    private let byUrgency: [Int]
    private let urgency: [Int]
    /// Urgencies of the ready images, the most urgent last.
    private var ready: [Int] = []
    var running: Set<Int> = []
    var pausing: Set<Int> = []
    var publishing: Set<Int> = []
    private var endedCount = 0
    var course = Course.normal
    var actions: [BatchAction] = []

    /// Takes an acyclic graph and what is known of each of its nodes.
    public init(graph: DependencyGraph, images: [BatchImage], rules: BatchRules) {
        precondition(
            graph.isAcyclic && graph.parents.count == images.count, "a batch is an acyclic graph of its images")
        self.graph = graph
        self.images = images
        self.rules = rules
        phases = graph.parents.map { .waiting(parents: $0.count) }
        let lengths = graph.longestPaths(weights: images.map(\.seconds))
        let byUrgency = images.indices.sorted { (lengths[$1], $0) < (lengths[$0], $1) }
        var urgency = byUrgency
        for (rank, image) in byUrgency.enumerated() { urgency[image] = rank }
        self.byUrgency = byUrgency
        self.urgency = urgency
        for image in images.indices where graph.parents[image].isEmpty { makeReady(image) }
    }

    /// Whether every image has ended.
    public var isFinished: Bool { endedCount == images.count }

    /// Takes an event that happened at `now` and says what is to be done. An event that no longer fits (a second end of
    /// one executor) changes nothing.
    public mutating func handle(_ event: BatchEvent, at now: Duration) -> [BatchAction] {
        switch event {
        case .tick: expire(at: now)
        case .activity(let image): update(image) { $0.lastActivity = now }
        case .serving(let image): update(image) { $0.isServed = true }
        case .served(let image):
            update(image) {
                $0.isServed = false
                $0.lastActivity = now
            }
        case .executorEnded(let image, let failure): executorEnded(image, failure, at: now)
        case .published(let image, let failure): published(image, failure, at: now)
        case .interrupt: interrupt(at: now)
        }
        fillSlots(at: now)
        defer { actions = [] }
        return actions
    }

    private mutating func fillSlots(at now: Duration) {
        while running.count < rules.slots, let rank = ready.popLast() {
            let image = byUrgency[rank]
            guard case .ready(let attempt) = phases[image] else { continue }
            phases[image] = .running(Run(attempt: attempt, started: now, lastActivity: now))
            running.insert(image)
            actions.append(.start(image: image, attempt: attempt))
        }
    }

    mutating func makeReady(_ image: Int, attempt: Int = 1) {
        phases[image] = .ready(attempt: attempt)
        let position = ready.firstIndex { $0 < urgency[image] } ?? ready.endIndex
        ready.insert(urgency[image], at: position)
    }

    mutating func end(_ image: Int, _ ending: Ending) {
        phases[image] = .ended(ending)
        endedCount += 1
        actions.append(.ended(image: image, ending))
    }

    private mutating func update(_ image: Int, _ change: (inout Run) -> Void) {
        guard case .running(var run) = phases[image] else { return }
        change(&run)
        phases[image] = .running(run)
    }
}
