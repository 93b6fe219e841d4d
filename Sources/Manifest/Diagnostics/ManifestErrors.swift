/// All that is wrong with a batch manifest, in the order of its files and lines.
public struct ManifestErrors: Error, Hashable, Sendable {
    /// Never empty.
    public let diagnostics: [ManifestDiagnostic]

    /// How many are printed: a file that is something else altogether would fill the screen.
    static let shown = 50

    public init(_ first: ManifestDiagnostic, _ others: [ManifestDiagnostic] = []) {
        diagnostics = [first] + others
    }

    /// Nil if there is nothing to report.
    public init?(_ diagnostics: [ManifestDiagnostic]) {
        guard !diagnostics.isEmpty else { return nil }
        self.diagnostics = diagnostics
    }
}

extension ManifestErrors: CustomStringConvertible {
    /// The diagnostics one below the other, at most 50 of them.
    public var description: String {
        var parts = diagnostics.prefix(Self.shown).map(\.description)
        if diagnostics.count > Self.shown { parts.append("and \(diagnostics.count - Self.shown) more errors") }
        return parts.joined(separator: "\n")
    }
}
