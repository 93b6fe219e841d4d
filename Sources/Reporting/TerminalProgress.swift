public import Jobs

/// Progress as a live table on a terminal: a row an image that runs, with its instruction; what ended scrolls away above.
///
/// Pure: events in, a frame out; whoever drives it writes frames at most some ten times a second.
public struct TerminalProgress: Sendable {
    private struct Row {
        var started: Double
        var text = "starting"
        var output = ""
        var step = 0
        var steps = 0
    }

    private var rows: [(image: String, row: Row)] = []
    private var plain: PlainProgress
    private var finished: [String] = []
    private var total = 0
    private var ended = 0
    private var drawnLines = 0
    private let style: TextStyle

    public init(style: TextStyle, isVerbose: Bool = false) {
        self.style = style
        plain = PlainProgress(style: style, isVerbose: isVerbose)
    }

    public mutating func handle(_ event: RunEvent) {
        switch event {
        case .started(let run): total = run.images.count
        case .imageStarted(let start): rows.append((start.image, Row(started: start.at)))
        case .image(let name, let event): update(name, event)
        case .push(let push):
            change(push.image) {
                $0.text =
                    "pushing \(push.reference) \(Quantity.bytes(push.bytesDone))/\(Quantity.bytes(push.bytesTotal))"
                $0.output = ""
            }
        case .imageEnded(let outcome):
            rows.removeAll { $0.image == outcome.image }
            ended += 1
            finished += block(of: event, outcome)
            return
        case .retry, .warning, .ended: finished += plain.lines(for: event)
        }
        if case .image(_, _) = event { _ = plain.lines(for: event) }
    }

    /// The whole block of an image that failed, one line of any other.
    private mutating func block(of event: RunEvent, _ outcome: ImageOutcome) -> [String] {
        let lines = plain.lines(for: event)
        return outcome.status.isSuccess ? Array(lines.prefix(1)) : lines
    }

    private mutating func update(_ image: String, _ event: JobEvent) {
        switch event {
        case .started(let started): change(image) { $0.steps = started.steps }
        case .stepStarted(let step):
            change(image) {
                $0.text = "[\(step.stage)] \(step.instruction)"
                $0.step = step.step
                $0.output = ""
            }
        case .output(let output):
            let last = DisplayText.lines(of: output.text).last { !$0.isEmpty } ?? ""
            change(image) { $0.output = last }
        case .progress(let progress): change(image) { $0.output = progress.activity }
        case .finished: change(image) { $0.text = "publishing" }
        case .stepEnded, .material, .layer, .warning, .failed: break
        }
    }

    private mutating func change(_ image: String, _ change: (inout Row) -> Void) {
        guard let index = rows.firstIndex(where: { $0.image == image }) else { return }
        change(&rows[index].row)
    }

    /// What to write now: it moves up over the last frame, prints what has ended, and draws the table anew.
    public mutating func frame(at now: Double, width: Int, height: Int) -> String {
        var text = erase()
        for line in finished { text += line + "\r\n" }
        finished = []
        let lines = table(at: now, width: max(20, width), height: max(3, height))
        text += lines.joined(separator: "\r\n") + (lines.isEmpty ? "" : "\r\n")
        drawnLines = lines.count
        return text
    }

    /// What to write at the end: the table is gone, what has ended stays.
    public mutating func lastFrame() -> String {
        var text = erase()
        for line in finished { text += line + "\r\n" }
        finished = []
        drawnLines = 0
        return text
    }

    private func erase() -> String { drawnLines > 0 ? "\u{1B}[\(drawnLines)A\u{1B}[J" : "" }

    private func table(at now: Double, width: Int, height: Int) -> [String] {
        guard total > 0 else { return [] }
        let shown = rows.prefix(height - 2)
        let nameWidth = min(30, shown.map { DisplayText.width($0.image) }.max() ?? 0)
        var lines = [style.bold("\(ended)/\(total) done, \(rows.count) running")]
        for (image, row) in shown {
            let name = DisplayText.padded(DisplayText.cut(image, to: nameWidth), to: nameWidth)
            let time = DisplayText.padded(Quantity.seconds(now - row.started), to: 6, right: true)
            let count = row.steps > 0 ? "\(row.step)/\(row.steps) " : ""
            let rest = DisplayText.escaped(count + row.text + (row.output.isEmpty ? "" : "  | \(row.output)"))
            lines.append(DisplayText.cut("\(name) \(time)  \(rest)", to: width - 1))
        }
        if rows.count > shown.count { lines.append("… and \(rows.count - shown.count) more") }
        return lines
    }
}
