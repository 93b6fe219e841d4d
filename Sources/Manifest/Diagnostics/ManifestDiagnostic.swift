/// One fault of a batch manifest, or of what it names.
public struct ManifestDiagnostic: Hashable, Sendable {
    /// Nil where no file is to blame: a flag, or the manifest cannot be opened.
    public let mark: SourceMark?
    /// One sentence without a final dot.
    public let message: String
    /// How to mend it, where that is sure.
    public let hint: String?

    public init(mark: SourceMark?, message: String, hint: String? = nil) {
        self.mark = mark
        self.message = message
        self.hint = hint
    }

    /// The line that `mark` points into.
    public var lineText: String? { mark?.lineText }
}

extension ManifestDiagnostic: CustomStringConvertible {
    /// `file:line:column: message`, the line with a caret, and the hint.
    public var description: String {
        var lines = [(mark.map { "\($0): " } ?? "") + message]
        if let mark, let text = mark.lineText {
            lines += Excerpt(line: text, column: mark.column).lines
        }
        if let hint { lines.append("  hint: \(hint)") }
        return lines.joined(separator: "\n")
    }
}

/// A line of a file and a caret under one of its columns, cut to what a terminal shows.
private struct Excerpt {
    let lines: [String]

    init(line: String, column: Int) {
        let width = 120
        let scalars = Array(line.unicodeScalars)
        let start = column > width ? column - width / 2 : 0
        let shown = scalars.dropFirst(start).prefix(width)
        let text = String(String.UnicodeScalarView(shown.map { $0 == "\t" || $0.value >= 32 ? $0 : "\u{FFFD}" }))
        let padding = shown.prefix(max(0, column - 1 - start)).map { $0 == "\t" ? "\t" : " " as Character }
        let head = start > 0 ? "…" : ""
        let tail = start + shown.count < scalars.count ? "…" : ""
        lines = [
            "    \(head)\(text)\(tail)",
            "    \(head.isEmpty ? "" : " ")\(String(padding))^",
        ]
    }
}
