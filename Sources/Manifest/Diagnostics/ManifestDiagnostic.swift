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
        let scalars = line.unicodeScalars
        let skipped = column > width ? column - width / 2 : 0
        let start =
            scalars.index(scalars.startIndex, offsetBy: skipped, limitedBy: scalars.endIndex) ?? scalars.endIndex
        let end = scalars.index(start, offsetBy: width, limitedBy: scalars.endIndex) ?? scalars.endIndex
        let shown = scalars[start..<end].map {
            $0 != "\t" && $0.properties.generalCategory == .control ? "\u{FFFD}" : $0
        }
        let padding = shown.prefix(max(0, column - 1 - skipped)).map { $0 == "\t" ? "\t" : " " as Character }
        let head = skipped > 0 ? "…" : ""
        let tail = end < scalars.endIndex ? "…" : ""
        lines = [
            "    \(head)\(String(String.UnicodeScalarView(shown)))\(tail)",
            "    \(head.isEmpty ? "" : " ")\(String(padding))^",
        ]
    }
}
