import Testing

@testable import Reporting

/// A terminal as far as we use one: it writes, wraps, scrolls, moves up, erases, hides its cursor. Anything else fails.
struct Terminal {
    let width: Int
    let height: Int
    private(set) var scrolledAway: [String] = []
    private(set) var showsCursor = true
    private var screen: [[Character]]
    private var row = 0
    private var column = 0

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        screen = Array(repeating: [], count: height)
    }

    /// The screen's lines, without empty ones at the end.
    var lines: [String] {
        var lines = screen.map { Self.text($0) }
        while lines.last == "" { lines.removeLast() }
        return lines
    }

    mutating func write(_ text: String) throws {
        var rest = Substring(text)
        while let character = rest.first {
            rest = rest.dropFirst()
            switch character {
            case "\r\n":
                column = 0
                feed()
            case "\u{1B}":
                let end = try #require(rest.firstIndex { $0.isLetter })
                control(String(rest[rest.startIndex...end]))
                rest = rest[rest.index(after: end)...]
            default: put(character)
            }
        }
    }

    private mutating func feed() {
        row += 1
        guard row == height else { return }
        scrolledAway.append(Self.text(screen.removeFirst()))
        screen.append([])
        row -= 1
    }

    private mutating func put(_ character: Character) {
        #expect(character.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) })
        let columns = DisplayText.width(String(character))
        if column + columns > width {
            column = 0
            feed()
        }
        while screen[row].count < column + columns { screen[row].append(" ") }
        screen[row][column] = character
        // The second half of a wide character.
        if columns == 2 { screen[row][column + 1] = "\u{0}" }
        column += columns
    }

    private mutating func control(_ sequence: String) {
        switch sequence {
        case "[?25l": showsCursor = false
        case "[?25h": showsCursor = true
        case "[K": screen[row] = Array(screen[row].prefix(column))
        case "[J":
            screen[row] = Array(screen[row].prefix(column))
            for below in screen.indices where below > row { screen[below] = [] }
        default:
            if sequence.hasSuffix("A"), let count = Int(sequence.dropFirst().dropLast()) {
                #expect(count <= row, "it moves above the screen")
                row = max(0, row - count)
            } else if !sequence.hasSuffix("m") {
                Issue.record("an unknown sequence: \(sequence)")
            }
        }
    }

    private static func text(_ cells: [Character]) -> String {
        let text = String(cells.filter { $0 != "\u{0}" })
        return String(text.reversed().drop { $0 == " " }.reversed())
    }
}
