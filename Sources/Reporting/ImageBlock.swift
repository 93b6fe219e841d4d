internal import Jobs

/// What an image's executor has said, as lines for people.
struct ImageBlock: Sendable {
    private(set) var warnings: [String] = []
    private var kept: [String] = []
    private var keptBytes = 0
    private var dropped = 0
    /// Steps that have begun and said nothing yet.
    private var titles: [Int: String] = [:]
    private let isVerbose: Bool

    /// Of a step that floods us the end is kept; the log has it all.
    private static let longest = 2000
    private static let largest = 1 << 20

    init(isVerbose: Bool) {
        self.isVerbose = isVerbose
    }

    /// All of it, with the step that has begun last.
    var lines: [String] {
        let omitted = dropped > 0 ? ["… \(dropped) lines before these are in the log"] : []
        return omitted + kept + titles.sorted { $0.key < $1.key }.map(\.value)
    }

    mutating func note(_ event: JobEvent) {
        switch event {
        case .stepStarted(let step):
            titles[step.step] = DisplayText.escaped("#\(step.step) [\(step.stage)] \(step.instruction)")
        case .output(let output):
            if let title = titles.removeValue(forKey: output.step) { append(title) }
            for line in DisplayText.lines(of: output.text) {
                append("#\(output.step) | " + DisplayText.escaped(DisplayText.afterReturns(line)))
            }
        case .stepEnded(let step): end(step)
        case .warning(let warning):
            let place = warning.line.map { "line \($0): " } ?? ""
            let lines = DisplayText.lines(of: "warning: \(place)\(warning.message)").map(DisplayText.escaped)
            warnings += lines
            for line in lines { append(line) }
        case .started, .material, .layer, .progress, .finished, .failed: break
        }
    }

    private mutating func end(_ step: StepEnded) {
        let time =
            step.cached
            ? "CACHED\(step.cachedFrom.map { " from \($0)" } ?? "")" : Quantity.seconds(step.milliseconds / 1000)
        let title = titles.removeValue(forKey: step.step)
        append(title.map { "\($0)  \(time)" } ?? "#\(step.step) done in \(time)")
        if let reason = step.missReason, isVerbose {
            append(DisplayText.escaped("#\(step.step) not cached: \(MissText.sentence(reason))"))
        }
    }

    private mutating func append(_ line: String) {
        kept.append(line)
        keptBytes += line.utf8.count
        // Not with each line: that would move them all each time.
        guard kept.count > 2 * Self.longest || keptBytes > 2 * Self.largest else { return }
        var first = 0
        while kept.count - first > Self.longest || keptBytes > Self.largest {
            keptBytes -= kept[first].utf8.count
            first += 1
        }
        kept.removeFirst(first)
        dropped += first
    }
}
