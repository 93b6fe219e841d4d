internal import Jobs

/// What the live table says of an image that runs.
struct TerminalRow: Sendable {
    let image: String
    let started: Double
    private var text = "starting"
    private var detail = ""
    private var step = 0
    private var steps = 0

    init(image: String, started: Double) {
        self.image = image
        self.started = started
    }

    mutating func note(_ event: JobEvent) {
        switch event {
        case .started(let started): steps = started.steps
        case .stepStarted(let begun):
            step = begun.step
            say("[\(begun.stage)] \(begun.instruction)")
        case .output(let output):
            let last = DisplayText.lines(of: output.text).map(DisplayText.afterReturns).last { !$0.isEmpty }
            if let last { detail = "| " + last }
        case .progress(let progress): detail = Self.bar(progress.activity, progress.bytesDone, progress.bytesTotal)
        case .finished: say("publishing")
        case .stepEnded, .material, .layer, .warning, .failed: break
        }
    }

    mutating func note(_ push: PushProgress) {
        detail = Self.bar("pushing \(push.reference)", push.bytesDone, push.bytesTotal)
    }

    /// Replaces what was said.
    mutating func say(_ text: String) {
        self.text = text
        detail = ""
    }

    /// Escaped, of any width.
    func line(at now: Double, nameWidth: Int) -> String {
        let name = DisplayText.padded(DisplayText.cut(DisplayText.escaped(image), to: nameWidth), to: nameWidth)
        let time = DisplayText.padded(Quantity.wholeSeconds(Int(now - started)), to: 6, right: true)
        let count = steps > 0 && step > 0 ? "\(step)/\(steps) " : ""
        return "\(name) \(time)  " + DisplayText.escaped(count + text + (detail.isEmpty ? "" : "  \(detail)"))
    }

    private static func bar(_ activity: String, _ done: Int64, _ total: Int64?) -> String {
        guard let total, total > 0 else {
            return done > 0 ? "\(activity) \(Quantity.bytes(done))" : activity
        }
        let filled = Int(10 * min(max(done, 0), total) / total)
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: 10 - filled)
        return "\(activity) [\(bar)] \(Quantity.bytes(done))/\(Quantity.bytes(total))"
    }
}
