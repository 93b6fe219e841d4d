import Jobs
import Planning

@testable import Scheduler

/// A batch under test with names for positions: actions come out as short texts, such as `start b`.
struct Batch {
    let names: [String]
    var state: BatchState

    /// `edges` is `child: [parents]` for every image, in order.
    init(_ edges: KeyValuePairs<String, [String]>, slots: Int = 2, rules: (inout BatchRules) -> Void = { _ in }) {
        self.init(edges, images: [:], slots: slots, rules: rules)
    }

    init(
        _ edges: KeyValuePairs<String, [String]>, images: [String: BatchImage], slots: Int = 2,
        rules: (inout BatchRules) -> Void = { _ in }
    ) {
        let names = edges.map(\.key)
        var limits = BatchRules(slots: slots)
        rules(&limits)
        self.names = names
        let parents = edges.map { _, parents in parents.compactMap { names.firstIndex(of: $0) } }
        state = BatchState(
            graph: DependencyGraph(parents: parents), images: names.map { images[$0] ?? BatchImage() }, rules: limits)
    }

    mutating func tick(at seconds: Double = 0) -> [String] { handle(.tick, seconds) }
    mutating func interrupt(at seconds: Double = 0) -> [String] { handle(.interrupt, seconds) }
    mutating func activity(_ name: String, at seconds: Double) -> [String] {
        handle(.activity(image: at(name)), seconds)
    }
    mutating func serving(_ name: String, at seconds: Double) -> [String] { handle(.serving(image: at(name)), seconds) }
    mutating func served(_ name: String, at seconds: Double) -> [String] { handle(.served(image: at(name)), seconds) }

    mutating func built(_ name: String, at seconds: Double = 0) -> [String] {
        handle(.executorEnded(image: at(name), failure: nil), seconds)
    }

    mutating func failed(_ name: String, _ failure: JobFailure = .sample(), at seconds: Double = 0) -> [String] {
        handle(.executorEnded(image: at(name), failure: failure), seconds)
    }

    mutating func published(_ name: String, _ failure: JobFailure? = nil, at seconds: Double = 0) -> [String] {
        handle(.published(image: at(name), failure: failure), seconds)
    }

    private func at(_ name: String) -> Int {
        guard let position = names.firstIndex(of: name) else { preconditionFailure("no image \(name)") }
        return position
    }

    private mutating func handle(_ event: BatchEvent, _ seconds: Double) -> [String] {
        state.handle(event, at: .seconds(seconds)).map(text)
    }

    private func text(_ action: BatchAction) -> String {
        switch action {
        case .start(let image, 1): "start \(names[image])"
        case .start(let image, let attempt): "start \(names[image]) #\(attempt)"
        case .terminate(let image): "terminate \(names[image])"
        case .kill(let image): "kill \(names[image])"
        case .publish(let image, 1): "publish \(names[image])"
        case .publish(let image, let attempt): "publish \(names[image]) #\(attempt)"
        case .cancelPublishing(let image): "cancel publishing \(names[image])"
        case .retry(let image, let attempt, let pause, _): "retry \(names[image]) #\(attempt) after \(pause)"
        case .ended(let image, .done): "\(names[image]) done"
        case .ended(let image, .failed(let failure)): "\(names[image]) failed: \(failure.class)"
        case .ended(let image, .timedOut(let failure)): "\(names[image]) timed out: \(failure.message)"
        case .ended(let image, .blocked(let cause)): "\(names[image]) blocked by \(names[cause])"
        case .ended(let image, .cancelled): "\(names[image]) cancelled"
        }
    }
}

extension JobFailure {
    static func sample(_ failureClass: Class = .step, isTemporary: Bool = false) -> JobFailure {
        JobFailure(class: failureClass, message: "sample", summary: "sample", isTemporary: isTemporary)
    }
}
