/// Rows of cells in columns that line up. Cells are escaped. Where a width is given, columns that may are left out until
/// the rest fits, then those that may are cut.
struct TextTable {
    struct Column {
        var title: String
        var isNumber = false
        /// May be cut when the table is too wide.
        var shrinks = false
        /// Left out when the table is too wide; the highest number first, 0 is never left out.
        var dispensability = 0
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
            let texts = columns.indices.compactMap { index in
                widths[index].map { width in
                    DisplayText.padded(
                        DisplayText.cut(cells[index], to: width), to: width, right: columns[index].isNumber)
                }
            }
            let line = texts.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    /// By column; nil for one that is left out.
    private func columnWidths(total: Int?) -> [Int?] {
        let full = columns.indices.map { index in
            ([columns[index].title] + rows.map { $0[index] }).map { DisplayText.width($0) }.max() ?? 0
        }
        guard let total else { return full }
        let least = columns.indices.map { index in
            columns[index].shrinks ? min(full[index], max(8, DisplayText.width(columns[index].title))) : full[index]
        }
        let kept = keptColumns(least, total)
        var excess = kept.map { full[$0] }.reduce(0, +) + 2 * (kept.count - 1) - total
        var widths = [Int?](repeating: nil, count: columns.count)
        for index in kept.reversed() {
            let cut = min(max(0, excess), full[index] - least[index])
            widths[index] = full[index] - cut
            excess -= cut
        }
        return widths
    }

    private func keptColumns(_ least: [Int], _ total: Int) -> [Int] {
        var kept = Array(columns.indices)
        while kept.map({ least[$0] }).reduce(0, +) + 2 * (kept.count - 1) > total {
            let dispensable = kept.filter { columns[$0].dispensability > 0 }
            guard let next = dispensable.max(by: { columns[$0].dispensability < columns[$1].dispensability }) else {
                break
            }
            kept.removeAll { $0 == next }
        }
        return kept
    }
}
