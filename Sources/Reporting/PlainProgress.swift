public import Jobs
internal import OCI

/// Progress as plain lines: one when an image starts, a whole block when it ends, failures again at the end.
public struct PlainProgress: Sendable {
    private var blocks: [String: [String]] = [:]
    private var instructions: [String: [Int: String]] = [:]
    private var failures: [(image: String, text: String)] = []
    private let style: TextStyle
    private let isVerbose: Bool
    /// A block keeps this many lines of output of a step that succeeds unless verbose, and never more than the second.
    private static let longestBlock = 2000

    public init(style: TextStyle, isVerbose: Bool = false) {
        self.style = style
        self.isVerbose = isVerbose
    }

    /// Lines to print for an event.
    public mutating func lines(for event: RunEvent) -> [String] {
        switch event {
        case .started(let run):
            return ["building \(run.images.count) image\(run.images.count == 1 ? "" : "s"), \(run.slots) at once"]
        case .imageStarted(let start):
            let again = start.attempt > 1 ? " (attempt \(start.attempt))" : ""
            return ["\(start.image): started\(again)"]
        case .image(let name, let event):
            note(event, of: name)
            return []
        case .push: return []
        case .retry(let retry):
            let reason = DisplayText.escaped(retry.reason)
            return ["\(retry.image): trying again in \(Quantity.seconds(retry.delayInSeconds)): \(reason)"]
        case .imageEnded(let outcome): return block(of: outcome)
        case .warning(let image, let message):
            return [(image.map { "\($0): " } ?? "") + "warning: " + DisplayText.escaped(message)]
        case .ended: return repeatedFailures()
        }
    }

    private mutating func note(_ event: JobEvent, of image: String) {
        switch event {
        case .stepStarted(let step):
            instructions[image, default: [:]][step.step] = "[\(step.stage)] \(step.instruction)"
        case .stepEnded(let step):
            let title = "#\(step.step) [\(step.stage)] \(step.instruction)"
            let time = step.cached ? "CACHED" : Quantity.seconds(step.milliseconds / 1000)
            append("\(title)  \(time)", to: image)
            if let reason = step.missReason, isVerbose { append("   not cached: \(reason)", to: image) }
        case .output(let output):
            for line in DisplayText.lines(of: output.text) {
                append("#\(output.step) | \(line)", to: image)
            }
        case .warning(let warning):
            append("warning: \(warning.line.map { "line \($0): " } ?? "")\(warning.message)", to: image)
        case .started, .material, .layer, .progress, .finished, .failed: break
        }
    }

    private mutating func append(_ line: String, to image: String) {
        var block = blocks.removeValue(forKey: image) ?? []
        block.append(DisplayText.escaped(line))
        if block.count > Self.longestBlock { block.removeFirst(block.count - Self.longestBlock) }
        blocks[image] = block
    }

    private mutating func block(of outcome: ImageOutcome) -> [String] {
        let body = (blocks.removeValue(forKey: outcome.image) ?? []).map { "  \($0)" }
        var head = "\(outcome.image): \(outcome.status.rawValue)"
        if let digest = outcome.digest { head += " sha256:\(digest.short)" }
        if let seconds = outcome.durationInSeconds { head += " in \(Quantity.seconds(seconds))" }
        if outcome.status == .blocked, let reason = outcome.reasons.first {
            head += " (\(DisplayText.escaped(reason)))"
        }
        let color: TextStyle.Color = outcome.status.isSuccess ? .green : outcome.status == .blocked ? .yellow : .red
        let tags = outcome.tags.map { "  -> \(DisplayText.escaped($0))" }
        var lines = [style.colored(head, color)] + body + tags
        if let error = outcome.error, outcome.status != .blocked {
            failures.append((outcome.image, error.message))
            lines += Self.indented(error.message)
        }
        return lines
    }

    private func repeatedFailures() -> [String] {
        guard failures.count > 0 else { return [] }
        return failures.flatMap { failure in
            ["", style.colored("\(failure.image) failed:", .red)] + Self.indented(failure.text)
        } + [""]
    }

    static func indented(_ text: String) -> [String] {
        DisplayText.lines(of: text).map { "  " + DisplayText.escaped($0) }
    }
}
