/// Collects what is wrong while the manifest is read. Used by one thread.
final class DiagnosticLog {
    /// Beyond these nothing is collected: nobody reads them, and each costs time.
    static let limit = 1000

    private(set) var diagnostics: [ManifestDiagnostic] = []
    private(set) var warnings: [ManifestDiagnostic] = []
    private var seen: Set<Key> = []

    private struct Key: Hashable {
        let mark: SourceMark?
        let message: String
    }

    /// Whether an error is still worth a look for what was meant.
    var wantsHints: Bool { diagnostics.count < ManifestErrors.shown }

    /// Adds an error, unless the same was said at the same place: a template's fault shows in each of its images.
    func add(at mark: SourceMark?, _ message: String, hint: @autoclosure () -> String? = nil) {
        guard diagnostics.count < Self.limit, seen.insert(Key(mark: mark, message: message)).inserted else { return }
        diagnostics.append(ManifestDiagnostic(mark: mark, message: message, hint: wantsHints ? hint() : nil))
    }

    func warn(at mark: SourceMark?, _ message: String) {
        warnings.append(ManifestDiagnostic(mark: mark, message: message))
    }

    /// All errors, by the order of the files, then by line and column.
    func sorted(files: [String]) -> [ManifestDiagnostic] {
        let order = Dictionary(files.enumerated().map { ($1, $0) }, uniquingKeysWith: min)
        func key(_ mark: SourceMark?) -> (Int, Int, Int) {
            guard let mark else { return (-1, 0, 0) }
            return (order[mark.file] ?? files.count, mark.line, mark.column)
        }
        return diagnostics.sorted { key($0.mark) < key($1.mark) }
    }
}
