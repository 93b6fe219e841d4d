internal import Dispatch
internal import Jobs
internal import Reporting
internal import Scheduler

/// Shows a run on the terminal: progress on standard error, results on standard output.
///
/// What is shown is written by a queue of its own, so that a terminal that is held or a reader that is slow does not hold
/// the run.
actor RunDisplay: RunScreen {
    private enum Mode {
        case none
        case plain(PlainProgress)
        case json(JSONProgress)
        case terminal(TerminalProgress)
    }

    private let options: DisplayOptions
    private let writing = DispatchQueue(label: "build-all.display")
    private var mode: Mode
    private var ticker: Task<Void, Never>?

    init(_ options: DisplayOptions, shellCommand: String, run: String) {
        self.options = options
        let isTerminal = Console.standardError.isTerminal
        let style = TextStyle(environment: Environment.all, isTerminal: isTerminal)
        let plain = Mode.plain(PlainProgress(style: style, isVerbose: options.verbose, shellCommand: shellCommand))
        let terminal = Mode.terminal(
            TerminalProgress(style: style, isVerbose: options.verbose, shellCommand: shellCommand))
        mode =
            switch options.progress {
            case _ where options.quiet: .none
            case .none: .none
            case .json: .json(JSONProgress(run: run))
            case .plain: plain
            case .tty: terminal
            case .auto: isTerminal && Environment.all["TERM"] != "dumb" ? terminal : plain
            }
    }

    func show(_ event: RunEvent) {
        switch mode {
        case .none: break
        case .plain(var plain):
            write(plain.lines(for: event).map { $0 + "\n" }.joined())
            mode = .plain(plain)
        case .json(var json):
            do {
                write(try json.line(for: event) + "\n")
            } catch {
                preconditionFailure("an event can always be encoded: \(error)")
            }
            mode = .json(json)
        case .terminal(var terminal):
            terminal.handle(event)
            mode = .terminal(terminal)
            startTicking()
        }
    }

    private func write(_ text: String) {
        guard !text.isEmpty else { return }
        writing.async { Console.standardError.write(text) }
    }

    /// Until all that was to be written is.
    private func drain() async {
        await withCheckedContinuation { done in
            writing.async { done.resume() }
        }
    }

    /// Redraws from time to time: also when nothing happens, the clock goes on.
    private func startTicking() {
        guard ticker == nil else { return }
        // Unstructured: it lives as long as the display, which ends it in `close`.
        ticker = Task { [weak self] in
            while !Task.isCancelled {
                await self?.draw()
                do { try await Task.sleep(for: .milliseconds(100)) } catch { return }
            }
        }
    }

    /// Returns when the terminal has the frame: there is never more than one on its way.
    private func draw() async {
        guard case .terminal(var terminal) = mode else { return }
        let size = Self.size
        write(terminal.frame(at: secondsNow(), width: size.columns, height: size.rows))
        mode = .terminal(terminal)
        await drain()
    }

    private static var size: (columns: Int, rows: Int) { Console.standardError.size ?? (80, 24) }

    /// Leaves the terminal as it was found. Also for a run that was broken off.
    func close() async {
        ticker?.cancel()
        await ticker?.value
        ticker = nil
        if case .terminal(var terminal) = mode { write(terminal.lastFrame(width: Self.size.columns)) }
        mode = .none
        await drain()
    }

    /// The end: the table, the document, or the digests.
    func finish(_ summary: RunSummary) async {
        show(.ended(summary))
        await close()
        let output = Console.standardOutput
        let style = TextStyle(environment: Environment.all, isTerminal: output.isTerminal)
        let report = SummaryReport(summary, style: style)
        if options.json {
            do {
                output.write(try report.json())
            } catch {
                preconditionFailure("a summary can always be encoded: \(error)")
            }
        } else if options.quiet {
            output.write(lines: report.digests())
        } else {
            output.write(lines: report.lines(width: output.size?.columns))
        }
    }
}
