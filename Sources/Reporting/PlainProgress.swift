public import Jobs
internal import OCI

/// Progress as plain lines: one when an image starts, a whole block when it ends, failures again at the end.
public struct PlainProgress: Sendable {
    private var blocks: [String: ImageBlock] = [:]
    private var failures: [ImageOutcome] = []
    /// Whether something was said after the first failure.
    private var isFailureBuried = false
    private let style: TextStyle
    private let isVerbose: Bool
    private let showsBlocks: Bool

    /// The command that opens a shell in an image, but for the image's name; nil to not speak of it.
    private let shellCommand: String?

    public init(style: TextStyle, isVerbose: Bool = false, shellCommand: String? = nil) {
        self.init(style: style, isVerbose: isVerbose, showsBlocks: true, shellCommand: shellCommand)
    }

    /// Without blocks an image that came about is one line and its warnings.
    init(style: TextStyle, isVerbose: Bool, showsBlocks: Bool, shellCommand: String?) {
        self.style = style
        self.isVerbose = isVerbose
        self.showsBlocks = showsBlocks
        self.shellCommand = shellCommand
    }

    /// Lines to print for an event.
    public mutating func lines(for event: RunEvent) -> [String] {
        if case .ended = event { return repeatedFailures() }
        let lines = lines(of: event)
        if !lines.isEmpty, !failures.isEmpty { isFailureBuried = true }
        if case .imageEnded(let outcome) = event, Self.isFailure(outcome) { failures.append(outcome) }
        return lines
    }

    private mutating func lines(of event: RunEvent) -> [String] {
        switch event {
        case .context(let context): return [line(of: context)]
        case .started(let run):
            return ["building \(run.images.count) image\(run.images.count == 1 ? "" : "s"), \(run.slots) at once"]
        case .imageStarted(let start):
            return ["\(start.image): started\(start.attempt > 1 ? " (attempt \(start.attempt))" : "")"]
        case .image(let name, let event):
            blocks[name, default: ImageBlock(isVerbose: isVerbose)].note(event)
            return []
        case .retry(let retry):
            let reason = DisplayText.escaped(retry.reason)
            return ["\(retry.image): trying again in \(Quantity.seconds(retry.delayInSeconds)): \(reason)"]
        case .imageEnded(let outcome): return block(of: outcome)
        case .warning(let image, let message):
            let text = (image.map { "\($0): " } ?? "") + "warning: " + message
            return DisplayText.lines(of: text).map(DisplayText.escaped)
        case .push, .ended: return []
        }
    }

    /// Why one failed is said with its images.
    private func line(of context: ContextProgress) -> String {
        let images = context.images.prefix(3).joined(separator: ", ")
        let others = context.images.count > 3 ? " and \(context.images.count - 3) more" : ""
        let head = "context of \(images)\(others): \(DisplayText.escaped(context.reference)): "
        switch context.phase {
        case .fetching: return head + "fetching"
        case .fetched:
            return head + "\(context.revision ?? "") in \(Quantity.seconds(context.seconds))"
        case .failed: return style.colored(head + "it could not be fetched", .red)
        }
    }

    private mutating func block(of outcome: ImageOutcome) -> [String] {
        let block = blocks.removeValue(forKey: outcome.image)
        let isWhole = showsBlocks || Self.isFailure(outcome)
        var lines = [head(of: outcome)]
        lines += ((isWhole ? block?.lines : block?.warnings) ?? []).map { "  \($0)" }
        if isWhole { lines += outcome.tags.map { "  -> \(DisplayText.escaped($0))" } }
        return lines + explanation(of: outcome)
    }

    /// Why an image failed, and how to look inside.
    private func explanation(of outcome: ImageOutcome) -> [String] {
        guard Self.isFailure(outcome), let error = outcome.error else { return [] }
        let lines = DisplayText.indented(error.message)
        guard let shellCommand, error.class == .step else { return lines }
        return lines + ["  to look inside: \(DisplayText.escaped("\(shellCommand) \(outcome.image)"))"]
    }

    private func head(of outcome: ImageOutcome) -> String {
        var head = "\(outcome.image): \(outcome.status.rawValue)"
        if let digest = outcome.digest { head += " sha256:\(digest.short)" }
        if let seconds = outcome.durationInSeconds { head += " in \(Quantity.seconds(seconds))" }
        if outcome.status == .blocked, let error = outcome.error { head += " (\(DisplayText.escaped(error.summary)))" }
        return style.colored(head, outcome.status.isSuccess ? .green : outcome.status == .blocked ? .yellow : .red)
    }

    private static func isFailure(_ outcome: ImageOutcome) -> Bool {
        outcome.status == .failed || outcome.status == .timedOut
    }

    /// What failed stands at the end, where it is looked for; if it is there already, it is not said twice.
    private func repeatedFailures() -> [String] {
        guard isFailureBuried else { return [] }
        return failures.flatMap { failure in
            ["", style.colored("\(failure.image) \(failure.status.rawValue):", .red)]
                + explanation(of: failure)
                + (failure.log.map { ["  the whole log: \(DisplayText.escaped($0)) in the state folder"] } ?? [])
        } + [""]
    }
}
