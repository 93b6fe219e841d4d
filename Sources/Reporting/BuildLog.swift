public import Jobs

/// A run as a log that grows while it runs, line by line, as kaniko's: messages with their level, and between them what
/// the steps write, as it comes.
public struct BuildLog: Sendable {
    public enum Format: Hashable, Sendable {
        /// `time="…" level=info msg="…"`
        case text
        /// `INFO[0012] …`, coloured.
        case color
        /// `{"level":"info","msg":"…","time":"…"}`
        case json
    }

    public enum Level: Int, Hashable, Sendable, Comparable {
        case error, warn, info, debug

        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// One or more lines to print, with their ends.
    public enum Output: Hashable, Sendable {
        case message(String)
        /// Of a step.
        case stdout(String)
        case stderr(String)
    }

    private let format: Format
    /// Nil is nothing at all.
    private let level: Level?
    private let hasTimestamps: Bool
    private let style: TextStyle
    private let started: Double

    /// `started`: seconds since 1970. Messages below the level are left out; what steps write never is.
    public init(format: Format, level: Level?, hasTimestamps: Bool, style: TextStyle, started: Double) {
        self.format = format
        self.level = level
        self.hasTimestamps = hasTimestamps
        self.style = style
        self.started = started
    }

    /// What to print of an event that is seen now.
    public func output(of event: RunEvent, at now: Double) -> [Output] {
        if case .image(_, .output(let output)) = event { return [Self.raw(output)] }
        return messages(of: event).compactMap { level, text in message(level, text, at: now).map { .message($0) } }
    }

    /// A message; nil if its level is not wanted.
    public func message(_ level: Level, _ text: String, at now: Double) -> String? {
        guard let wanted = self.level, level <= wanted else { return nil }
        switch format {
        case .json:
            let fields = ["level": level.name, "msg": text, "time": DateText.exact(now)]
            do { return try JSONText.of(fields) + "\n" } catch {
                preconditionFailure("texts can always be encoded: \(error)")
            }
        case .text:
            return Self.lines(text).map { line in
                "time=\"\(DateText.exact(now))\" level=\(level.name) msg=\(Self.quoted(line))\n"
            }.joined()
        case .color:
            let mark = hasTimestamps ? DateText.exact(now) : Self.elapsed(now - started)
            let head = style.colored(level.mark, level.color) + "[\(mark)] "
            return Self.lines(text).map { head + $0 + "\n" }.joined()
        }
    }

    private static func raw(_ output: StepOutput) -> Output {
        let lines = DisplayText.lines(of: output.text).map { DisplayText.escaped(DisplayText.afterReturns($0)) + "\n" }
        return output.stream == .stdout ? .stdout(lines.joined()) : .stderr(lines.joined())
    }

    private static func lines(_ text: String) -> [String] { DisplayText.lines(of: text).map(DisplayText.escaped) }

    private static func quoted(_ line: String) -> String {
        "\"" + line.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    /// Whole seconds, four digits at least.
    private static func elapsed(_ seconds: Double) -> String {
        let digits = String(max(0, Int(seconds)))
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

extension BuildLog.Level {
    fileprivate var name: String {
        switch self {
        case .error: "error"
        case .warn: "warning"
        case .info: "info"
        case .debug: "debug"
        }
    }

    fileprivate var mark: String { String(name.uppercased().prefix(4)) }

    fileprivate var color: TextStyle.Color {
        switch self {
        case .error: .red
        case .warn: .yellow
        case .info: .blue
        case .debug: .gray
        }
    }
}
