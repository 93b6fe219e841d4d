public import Jobs

/// Progress as a live table on a terminal: a row an image that runs, with its instruction; what ended scrolls away above.
///
/// Pure: events in, a frame out; whoever drives it writes frames at most some ten times a second.
public struct TerminalProgress: Sendable {
    private var rows: [TerminalRow] = []
    private var plain: PlainProgress
    /// Lines for above the table that were not yet written.
    private var finished: [String] = []
    private var began = 0.0
    private var total = 0
    private var ended = 0
    private var failed = 0
    /// The table as it stands on the terminal, and the terminal's columns.
    private var drawn: [String] = []
    private var drawnWidth = 0
    private var hidesCursor = false

    /// `shellCommand`: see `PlainProgress`.
    public init(style: TextStyle, isVerbose: Bool = false, shellCommand: String? = nil) {
        plain = PlainProgress(
            style: style, isVerbose: isVerbose, showsBlocks: isVerbose, shellCommand: shellCommand)
    }

    public mutating func handle(_ event: RunEvent) {
        let lines = plain.lines(for: event)
        switch event {
        case .started(let run): (began, total) = (run.at, run.images.count)
        case .imageStarted(let start):
            rows.removeAll { $0.image == start.image }
            rows.append(TerminalRow(image: start.image, started: start.at))
        case .image(let name, let event): change(name) { $0.note(event) }
        case .push(let push): change(push.image) { $0.note(push) }
        case .retry(let retry):
            change(retry.image) { $0.say("waiting for attempt \(retry.attempt)") }
            finished += lines
        case .imageEnded(let outcome):
            rows.removeAll { $0.image == outcome.image }
            ended += 1
            if !outcome.status.isSuccess { failed += 1 }
            finished += lines
        case .context, .warning, .ended: finished += lines
        }
    }

    private mutating func change(_ image: String, _ change: (inout TerminalRow) -> Void) {
        guard let index = rows.firstIndex(where: { $0.image == image }) else { return }
        change(&rows[index])
    }

    /// What to write now, empty if nothing has changed: up over the last frame, what has ended, the table anew.
    public mutating func frame(at now: Double, width: Int, height: Int) -> String {
        let lines = table(at: now, width: max(2, width), height: max(3, height))
        guard !finished.isEmpty || lines != drawn || width != drawnWidth else { return "" }
        // Lines are drawn over and not erased first: that would flicker.
        var text = hidesCursor ? "" : Control.hideCursor
        hidesCursor = true
        text += finished.isEmpty ? Control.up(drawnRows(width)) : erased(width) + takeFinished()
        text += lines.map { $0 + Control.eraseRight + "\r\n" }.joined() + Control.eraseBelow
        (drawn, drawnWidth) = (lines, width)
        return text
    }

    /// What to write at the end: the table is gone, what has ended stays.
    public mutating func lastFrame(width: Int) -> String {
        var text = erased(width) + takeFinished()
        if hidesCursor { text += Control.showCursor }
        (drawn, hidesCursor) = ([], false)
        return text
    }

    private mutating func takeFinished() -> String {
        defer { finished = [] }
        return finished.map { $0 + "\r\n" }.joined()
    }

    /// A terminal that became narrower has wrapped the table's lines.
    private func drawnRows(_ width: Int) -> Int {
        drawn.map { max(1, (DisplayText.width($0) + width - 1) / max(1, width)) }.reduce(0, +)
    }

    /// The table's lines blank, the cursor on the first. Not by erasing all below: from the top of the screen tmux takes
    /// that for a cleared screen and keeps what was there in its history.
    private func erased(_ width: Int) -> String {
        let rows = drawnRows(width)
        return Control.up(rows) + String(repeating: Control.eraseRight + "\r\n", count: rows) + Control.up(rows)
    }

    // MARK: - The table

    /// Uncoloured, no line as wide as the terminal, one line fewer than it has.
    private func table(at now: Double, width: Int, height: Int) -> [String] {
        guard total > 0 else { return [] }
        let room = height - 2
        let shown = rows.prefix(rows.count > room ? room - 1 : room)
        let nameWidth = min(30, width / 3, shown.map { DisplayText.width($0.image) }.max() ?? 0)
        var lines = [header(at: now)] + shown.map { $0.line(at: now, nameWidth: nameWidth) }
        if rows.count > shown.count { lines.append("… and \(rows.count - shown.count) more") }
        return lines.map { DisplayText.cut($0, to: width - 1) }
    }

    private func header(at now: Double) -> String {
        let failures = failed > 0 ? ", \(failed) not built" : ""
        let time = Quantity.wholeSeconds(Int(now - began))
        return "\(ended)/\(total) done\(failures), \(rows.count) running, \(time)"
    }

    /// Sequences of ISO 6429, and of DEC for the cursor.
    private enum Control {
        static let hideCursor = "\u{1B}[?25l"
        static let showCursor = "\u{1B}[?25h"
        static let eraseRight = "\u{1B}[K"
        static let eraseBelow = "\u{1B}[J"
        static func up(_ lines: Int) -> String { lines > 0 ? "\u{1B}[\(lines)A" : "" }
    }
}
