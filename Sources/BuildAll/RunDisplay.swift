internal import Jobs
internal import Reporting
internal import Scheduler

/// Shows a run on the terminal: progress on standard error, results on standard output.
actor RunDisplay: EventSink {
    private enum Mode {
        case none
        case plain(PlainProgress)
        case json(JSONProgress)
        case terminal(TerminalProgress)
    }

    private let options: DisplayOptions
    private let style: TextStyle
    private var mode: Mode
    private var lastFrame = 0.0
    private var ticker: Task<Void, Never>?

    /// Frames a second, at most.
    private static let frameInterval = 0.1

    init(_ options: DisplayOptions) {
        self.options = options
        let isTerminal = Console.standardError.isTerminal
        style = TextStyle(environment: Environment.all, isTerminal: isTerminal)
        mode =
            switch options.progress {
            case _ where options.quiet: .none
            case .none: .none
            case .json: .json(JSONProgress())
            case .plain: .plain(PlainProgress(style: style, isVerbose: options.verbose))
            case .tty: .terminal(TerminalProgress(style: style, isVerbose: options.verbose))
            case .auto:
                isTerminal
                    ? .terminal(TerminalProgress(style: style, isVerbose: options.verbose))
                    : .plain(PlainProgress(style: style, isVerbose: options.verbose))
            }
    }

    func show(_ event: RunEvent) {
        switch mode {
        case .none: showFailure(event)
        case .plain(var plain):
            Console.standardError.write(lines: plain.lines(for: event))
            mode = .plain(plain)
        case .json(var json):
            do {
                Console.standardError.write(try json.line(for: event) + "\n")
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

    /// Even a silent run says what failed.
    private func showFailure(_ event: RunEvent) {
        guard case .imageEnded(let outcome) = event, let error = outcome.error, outcome.status != .blocked else {
            return
        }
        let lines = DisplayText.lines(of: "\(outcome.image): \(outcome.status.rawValue)\n\(error.message)")
        Console.standardError.write(lines: lines.map(DisplayText.escaped))
    }

    /// Redraws from time to time: also when nothing happens, the clock goes on.
    private func startTicking() {
        guard ticker == nil else { return }
        // Unstructured: it lives as long as the display, which ends it in `finish`.
        ticker = Task { [weak self] in
            Console.standardError.write("\u{1B}[?25l")
            while !Task.isCancelled {
                await self?.draw()
                do { try await Task.sleep(for: .milliseconds(100)) } catch { return }
            }
        }
    }

    private func draw() {
        guard case .terminal(var terminal) = mode else { return }
        let size = Console.standardError.size ?? (80, 24)
        Console.standardError.write(terminal.frame(at: secondsNow(), width: size.columns, height: size.rows))
        mode = .terminal(terminal)
    }

    /// The end: the table and the document, or the digests.
    func finish(_ summary: RunSummary) async {
        show(.ended(summary))
        if let ticker {
            ticker.cancel()
            await ticker.value
            if case .terminal(var terminal) = mode {
                Console.standardError.write(terminal.lastFrame() + "\u{1B}[?25h")
                mode = .terminal(terminal)
            }
        }
        let output = Console.standardOutput
        let outputStyle = TextStyle(environment: Environment.all, isTerminal: output.isTerminal)
        let report = SummaryReport(summary, style: outputStyle)
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
