/// The lines of an instruction with some around them, as BuildKit prints them.
public struct SourceExcerpt: Hashable, Sendable {
    private let head: String
    private let rows: [String]

    private static let rule = String(repeating: "-", count: 20)

    /// Nil if the lines are not in the text. Lines of context come alternately before and after: about four for a
    /// single line, two for more. The empty string after the last line feed counts as a line.
    public init?(name: String, text: String, lines: ClosedRange<Int>) {
        let all = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.lowerBound >= 1, lines.lowerBound <= all.count else { return nil }
        let marked = lines.lowerBound...min(lines.upperBound, all.count)
        head = "\(name):\(lines.lowerBound)"
        rows = Self.widened(marked, limit: all.count).map { number in
            let text = String(Substring(all[number - 1]))
            return Self.row(number, isMarked: marked.contains(number), text)
        }
    }

    private static func widened(_ lines: ClosedRange<Int>, limit: Int) -> ClosedRange<Int> {
        let wanted = lines.count == 1 ? 4 : 2
        var (first, last) = (lines.lowerBound, lines.upperBound)
        var added = 0
        while added < wanted {
            if first > 1 {
                first -= 1
                added += 1
            }
            if last < limit {
                last += 1
                added += 1
            }
            added += 1  // as BuildKit counts: each round costs one
        }
        return first...last
    }

    private static func row(_ number: Int, isMarked: Bool, _ text: String) -> String {
        let digits = String(number)
        let padding = String(repeating: " ", count: max(0, 3 - digits.count))
        return " \(padding)\(digits) | \(isMarked ? ">>>" : "   ") \(printable(text))"
    }

    /// Without the CR of a CRLF, control characters replaced, cut to what can be read.
    private static func printable(_ text: String) -> String {
        let longest = 300
        var scalars = text.unicodeScalars[...]
        while scalars.last == "\r" { scalars.removeLast() }
        var result = String.UnicodeScalarView()
        for scalar in scalars.prefix(longest) {
            result.append(scalar.properties.generalCategory == .control && scalar != "\t" ? "\u{FFFD}" : scalar)
        }
        return String(result) + (scalars.count > longest ? "…" : "")
    }
}

extension SourceExcerpt: CustomStringConvertible {
    public var description: String {
        ([head, Self.rule] + rows + [Self.rule]).joined(separator: "\n")
    }
}
