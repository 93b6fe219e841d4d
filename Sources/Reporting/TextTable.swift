/// Rows of cells in columns that line up. Cells are escaped; the widest column shrinks where a width is given.
struct TextTable {
    struct Column {
        var title: String
        var isNumber = false
        /// May be cut when the table is too wide.
        var shrinks = false
    }

    let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "a row has a cell for each column")
        rows.append(cells.map(DisplayText.escaped))
    }

    /// Lines without trailing blanks; `width` is the terminal's, nil is unlimited.
    func lines(width: Int?) -> [String] {
        let widths = columnWidths(total: width)
        return ([columns.map(\.title)] + rows).map { cells in
            let texts = zip(zip(cells, widths), columns).map { pair, column in
                DisplayText.padded(DisplayText.cut(pair.0, to: pair.1), to: pair.1, right: column.isNumber)
            }
            let line = texts.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    private func columnWidths(total: Int?) -> [Int] {
        var widths = columns.indices.map { index in
            ([columns[index].title] + rows.map { $0[index] }).map { DisplayText.width($0) }.max() ?? 0
        }
        guard let total else { return widths }
        var excess = widths.reduce(0, +) + 2 * (columns.count - 1) - total
        for index in columns.indices.reversed() where columns[index].shrinks && excess > 0 {
            let smallest = max(8, DisplayText.width(columns[index].title))
            let cut = min(excess, max(0, widths[index] - smallest))
            widths[index] -= cut
            excess -= cut
        }
        return widths
    }
}
