extension YAMLFault {
    /// libyaml's words with the place, and what usually is meant.
    func diagnostic(in source: SourceFile) -> ManifestDiagnostic {
        let mark = mark(in: source)
        var message = "no YAML: \(problem)"
        if let context, !context.text.isEmpty {
            message += " \(context.text)"
            if context.line + 1 != mark.line { message += " that begins at line \(context.line + 1)" }
        }
        return ManifestDiagnostic(mark: mark, message: message, hint: hint(at: mark))
    }

    private func mark(in source: SourceFile) -> SourceMark {
        switch place {
        case .mark(let line, let column): return SourceMark(source: source, line: line + 1, column: column + 1)
        case .byte(let offset):
            let place = source.place(ofByte: offset)
            return SourceMark(source: source, line: place.line, column: place.column)
        }
    }

    private func hint(at mark: SourceMark) -> String? {
        guard case .mark = place, let line = mark.lineText else {
            if case .byte = place { return "a manifest is UTF-8 text without control characters" }
            return nil
        }
        let scalars = Array(line.unicodeScalars)
        let found = mark.column <= scalars.count ? scalars[mark.column - 1] : nil
        if found == "\t" || line.hasPrefix("\t") { return "indent with spaces, not with tabs" }
        if found == "@" || found == "`" || found == "%" {
            return "a text that begins with \(found ?? " ") needs quotes"
        }
        if line.contains("${"), problem.contains("expected") { return "inside of [ ] and { } a ${…} needs quotes" }
        return nil
    }
}
