internal import Manifest

/// What SELECT terms mean among the images of a batch.
///
/// A term is a name, a matrix's name, a pattern (`*` and `?`), or `group:NAME`; `x+` adds what is built on x, `+x` what x
/// is built on; `!x` takes away. Terms are a set: their order means nothing. Only `!` terms take away from everything.
struct Selection {
    /// Positions of the images that are meant.
    private(set) var images: Set<Int> = []
    private(set) var diagnostics: [ManifestDiagnostic] = []
    private let manifest: BatchManifest
    private let graph: DependencyGraph
    private let positions: [String: Int]

    init(_ terms: [String], in manifest: BatchManifest, graph: DependencyGraph) {
        self.manifest = manifest
        self.graph = graph
        positions = Dictionary(
            manifest.images.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        let exclusions = terms.filter { $0.hasPrefix("!") }
        var excluded: Set<Int> = []
        for term in terms where !term.hasPrefix("!") { images.formUnion(meaning(of: term[...], in: term)) }
        for term in exclusions { excluded.formUnion(meaning(of: term.dropFirst(), in: term)) }
        if exclusions.count == terms.count { images = Set(manifest.images.indices) }
        images.subtract(excluded)
        if images.isEmpty, diagnostics.isEmpty, !terms.isEmpty {
            diagnostics.append(
                ManifestDiagnostic(mark: nil, message: "nothing is selected by \(terms.joined(separator: " "))"))
        }
    }

    private mutating func meaning(of text: Substring, in term: String) -> Set<Int> {
        var rest = text
        let withAncestors = rest.hasPrefix("+")
        if withAncestors { rest.removeFirst() }
        let withDescendants = rest.hasSuffix("+")
        if withDescendants { rest.removeLast() }
        let named = images(named: String(rest), in: term)
        var meaning = named
        if withAncestors { meaning.formUnion(graph.ancestors(of: named)) }
        if withDescendants { meaning.formUnion(graph.descendants(of: named)) }
        return meaning
    }

    private mutating func images(named text: String, in term: String) -> Set<Int> {
        if text.hasPrefix("@") {
            refuse("selection by state (\(term)) is not served yet")
            return []
        }
        guard text.hasPrefix("group:") else {
            let names = manifest.names(matching: text)
            if names.isEmpty {
                refuse("no image is called \"\(text)\"", wanted: text, known: knownNames)
            }
            return Set(names.compactMap { positions[$0] })
        }
        let group = String(text.dropFirst("group:".count))
        guard let names = manifest.groups[group] else {
            refuse("no group is called \"\(group)\"", wanted: group, known: manifest.groups.keys.sorted())
            return []
        }
        return Set(names.compactMap { positions[$0] })
    }

    private var knownNames: [String] {
        manifest.images.flatMap { $0.base == $0.name ? [$0.name] : [$0.base, $0.name] }
    }

    private mutating func refuse(_ message: String, wanted: String = "", known: [String] = []) {
        let nearest = Spelling.nearest(to: wanted, among: known)
        diagnostics.append(
            ManifestDiagnostic(mark: nil, message: message, hint: nearest.map { "did you mean \"\($0)\"?" }))
    }
}
