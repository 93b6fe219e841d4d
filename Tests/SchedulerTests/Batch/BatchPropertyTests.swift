import Jobs
import Planning
import Testing

@testable import Scheduler

/// Random graphs with random ends: what must hold for every batch.
@Suite struct BatchPropertyTests {
    @Test(arguments: 0..<300)
    func `every batch ends, and exactly descendants are blocked`(seed: Int) {
        var world = World(seed: UInt64(seed), interrupts: false)
        world.run()
        for image in world.graph.parents.indices {
            let hasFailedAncestor = !world.graph.ancestors(of: [image]).subtracting([image]).isDisjoint(
                with: world.broken)
            #expect(world.isBlocked(image) == hasFailedAncestor)
        }
    }

    @Test(arguments: 0..<200)
    func `every interrupted batch ends within its grace`(seed: Int) throws {
        var world = World(seed: UInt64(seed), interrupts: true)
        world.run()
        let interrupted = try #require(world.interruptedAt)
        #expect(world.now <= interrupted + .seconds(2) || world.endedBeforeInterrupt)
    }
}

/// Executors and registries that answer at random, and a clock that jumps from one event to the next.
private struct World {
    let graph: DependencyGraph
    private var state: BatchState
    private var random: SplitMix
    private var pending: [(at: Duration, event: BatchEvent)] = []
    private(set) var now = Duration.zero
    private(set) var broken: Set<Int> = []
    private(set) var interruptedAt: Duration?
    private(set) var endedBeforeInterrupt = false
    private var inStore: Set<Int> = []
    private var alive: Set<Int> = []
    private let slots: Int
    private let interrupts: Bool

    init(seed: UInt64, interrupts: Bool) {
        var random = SplitMix(state: seed)
        let count = Int.random(in: 1...40, using: &random)
        let parents = (0..<count).map { node in
            (0..<node).filter { _ in Int.random(in: 0..<8, using: &random) == 0 }
        }
        slots = Int.random(in: 1...5, using: &random)
        graph = DependencyGraph(parents: parents)
        let images = (0..<count).map { _ in Self.image(using: &random) }
        state = BatchState(graph: graph, images: images, rules: BatchRules(slots: slots))
        self.interrupts = interrupts
        self.random = random
    }

    private static func image(using random: inout SplitMix) -> BatchImage {
        BatchImage(
            seconds: Double.random(in: 1...20, using: &random),
            retry: RetryRule(attempts: Int.random(in: 1...3, using: &random), causes: [.any]),
            timeout: Bool.random(using: &random) ? .seconds(15) : nil,
            idle: Bool.random(using: &random) ? .seconds(9) : nil, publishes: Bool.random(using: &random))
    }

    func isBlocked(_ image: Int) -> Bool {
        if case .ended(.blocked) = state.phases[image] { true } else { false }
    }

    mutating func run() {
        if interrupts { pending.append((.seconds(Double.random(in: 0...30, using: &random)), .interrupt)) }
        step(.tick)
        while !state.isFinished || (interrupts && interruptedAt == nil) {
            let timer = state.nextDeadline.map { (at: $0, event: BatchEvent.tick) }
            guard let next = (pending + [timer].compactMap { $0 }).min(by: { $0.at < $1.at }) else {
                Issue.record("nothing moves the batch any more: \(state.phases)")
                return
            }
            pending.removeAll { $0 == next }
            now = max(now, next.at)
            step(next.event)
        }
    }

    private mutating func step(_ event: BatchEvent) {
        switch event {
        case .interrupt:
            endedBeforeInterrupt = state.isFinished
            interruptedAt = now
        case .executorEnded(let image, let failure):
            alive.remove(image)
            if failure == nil { inStore.insert(image) }
        default: break
        }
        for action in state.handle(event, at: now) { perform(action) }
    }

    private mutating func perform(_ action: BatchAction) {
        switch action {
        case .start(let image, _): start(image)
        case .terminate(let image): finish(image, within: 12, .sample(.cancelled))
        case .kill(let image): finish(image, within: 0.1, .sample(.cancelled))
        case .publish(let image, _):
            let failure = Int.random(in: 0..<4, using: &random) == 0 ? JobFailure.sample(.registry) : nil
            pending.append(
                (now + .seconds(Double.random(in: 0...5, using: &random)), .published(image: image, failure: failure)))
        case .cancelPublishing(let image):
            pending.removeAll { if case .published(image, _) = $0.event { true } else { false } }
            pending.append((now + .seconds(0.1), .published(image: image, failure: .sample(.cancelled))))
        case .ended(let image, let ending): ended(image, ending)
        case .retry: break
        }
    }

    private mutating func start(_ image: Int) {
        #expect(interruptedAt == nil)
        #expect(graph.parents[image].allSatisfy(inStore.contains))
        alive.insert(image)
        #expect(alive.count <= slots)
        let failure = Int.random(in: 0..<3, using: &random) == 0 ? JobFailure.sample() : nil
        pending.append(
            (now + .seconds(Double.random(in: 0...20, using: &random)), .executorEnded(image: image, failure: failure)))
    }

    private mutating func finish(_ image: Int, within seconds: Double, _ failure: JobFailure) {
        pending.removeAll { if case .executorEnded(image, _) = $0.event { true } else { false } }
        pending.append(
            (
                now + .seconds(Double.random(in: 0...seconds, using: &random)),
                .executorEnded(image: image, failure: failure)
            ))
    }

    private mutating func ended(_ image: Int, _ ending: Ending) {
        #expect(!alive.contains(image))
        switch ending {
        case .failed, .timedOut:
            if !inStore.contains(image) { broken.insert(image) }
        case .blocked(let cause): #expect(broken.contains(cause))
        case .cancelled: #expect(interruptedAt != nil)
        case .done: #expect(inStore.contains(image))
        }
    }
}

/// A small generator whose sequence is the same on every machine.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
