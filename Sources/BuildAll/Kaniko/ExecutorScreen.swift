internal import Jobs
internal import Kaniko
internal import Reporting

/// Shows a run of `executor`: messages on standard error, what steps write where they wrote it.
actor ExecutorScreen: RunScreen {
    private let log: BuildLog

    init(_ options: LogOptions, started: Double) {
        let format: BuildLog.Format =
            switch options.format {
            case .text: .text
            case .color: .color
            case .json: .json
            }
        // kaniko colours whoever reads.
        let style = TextStyle(environment: Environment.all, isTerminal: options.format == .color)
        log = BuildLog(
            format: format, level: options.level.shown, hasTimestamps: options.hasTimestamps, style: style,
            started: started)
    }

    func show(_ event: RunEvent) {
        for output in log.output(of: event, at: secondsNow()) {
            switch output {
            case .message(let text), .stderr(let text): Console.standardError.write(text)
            case .stdout(let text): Console.standardOutput.write(text)
            }
        }
    }

    func say(_ level: BuildLog.Level, _ text: String) {
        if let line = log.message(level, text, at: secondsNow()) { Console.standardError.write(line) }
    }

    func finish(_ summary: RunSummary) {}
    func close() {}
}

extension LogOptions.Level {
    /// Nil shows nothing; why a build failed is always an error.
    fileprivate var shown: BuildLog.Level? {
        switch self {
        case .panic, .fatal, .error: .error
        case .warn: .warn
        case .info: .info
        case .debug, .trace: .debug
        }
    }
}
