import OCI
import SystemPackage

/// Makes the batch of the files' trees.
struct BatchReader {
    let files: [LoadedFile]
    let values: ManifestValues
    let environment: [String: String]
    let limits: YAMLLimits
    private var overlay: Overlay
    private var scopes: [Scope] = []
    private var templates: [String: YAMLEntry] = [:]
    private(set) var images: [ImageSpec] = []

    /// What holds for the images of one file: its own, over that of the file that includes it.
    private struct Scope {
        var registry: String?
        var defaults: [YAMLEntry] = []
    }

    private var log: DiagnosticLog { values.log }

    init(files: [LoadedFile], values: ManifestValues, environment: [String: String], limits: YAMLLimits) {
        self.files = files
        self.values = values
        self.environment = environment
        self.limits = limits
        overlay = Overlay(limit: limits.inherited)
    }

    /// `registry` of the first file.
    var registry: String? { scopes.first?.registry }

    mutating func read() {
        readScopes()
        templates = collected("templates", noun: "template")
        for (entry, file) in collectedImages() where !isFull { read(entry, scopes[file]) }
        if overlay.isExhausted {
            log.add(
                at: nil,
                "the images have more than \(limits.inherited) values together, inherited ones counted for each")
        }
    }

    private var isFull: Bool { overlay.isExhausted || images.count > limits.images }

    private mutating func readScopes() {
        for file in files {
            var scope = file.parent.map { scopes[$0] } ?? Scope()
            let fields = MappingReader(entries: file.entries, expander: Expander(values: values))
            if let registry = fields.text("registry", .registry) { scope.registry = registry.value }
            scope.defaults = overlay.mergeImage(fields.map("defaults"), over: scope.defaults)
            scopes.append(scope)
        }
    }

    /// The entries of a map of all files by key; a key that two files have is an error.
    private func collected(_ key: String, noun: String) -> [String: YAMLEntry] {
        var result: [String: YAMLEntry] = [:]
        for entry in files.flatMap({ $0.entries[key]?.mapping ?? [] }) {
            if let first = result[entry.key] {
                log.add(at: entry.mark, "the \(noun) \"\(entry.key)\" is here twice", hint: "first at \(first.mark)")
            } else {
                result[entry.key] = entry
            }
        }
        return result
    }

    private func collectedImages() -> [(YAMLEntry, file: Int)] {
        let first = collected("images", noun: "image")
        return files.enumerated().flatMap { index, file in
            (file.entries["images"]?.mapping ?? []).filter { first[$0.key]?.mark == $0.mark }.map { ($0, index) }
        }
    }
}

// MARK: one entry of `images`

extension BatchReader {
    private mutating func read(_ entry: YAMLEntry, _ scope: Scope) {
        let own = entry.value.mapping ?? contextOnly(entry)
        var layers = scope.defaults
        for template in extended(by: own, of: entry.mark) {
            layers = overlay.mergeImage(template.value.mapping ?? [], over: layers)
        }
        let merged = overlay.mergeImage(own, over: layers)
        guard !overlay.isExhausted else { return }
        let outside = MappingReader(
            entries: merged, expander: Expander(values: values, image: (entry.key, entry.key)))
        let room = limits.images - images.count
        let combinations = Matrix(outside, image: entry, most: room, log: log).combinations
        guard overlay.spend(merged, times: combinations.count) else { return }
        for combination in combinations {
            images.append(image(entry, merged, combination, scope))
        }
        if images.count > limits.images { log.add(at: entry.mark, "a manifest has at most \(limits.images) images") }
    }

    private func contextOnly(_ entry: YAMLEntry) -> [YAMLEntry] {
        [YAMLEntry(key: "context", mark: entry.value.mark, value: entry.value)]
    }

    private func image(
        _ entry: YAMLEntry, _ merged: [YAMLEntry], _ combination: [MatrixValue], _ scope: Scope
    ) -> ImageSpec {
        let name = Matrix.name(entry.key, combination)
        let expander = Expander(values: values, image: (entry.key, name), matrix: combination)
        let reader = ImageReader(
            fields: MappingReader(entries: merged, expander: expander),
            repository: scope.registry.map { "\($0)/\(entry.key)" } ?? entry.key, hasRegistry: scope.registry != nil,
            environment: environment, log: log)
        return reader.read(name: name, base: entry.key, matrix: combination, mark: entry.mark)
    }

    /// The templates that a map extends, base first, each once, with those that they extend.
    private func extended(by entries: [YAMLEntry], of mark: SourceMark) -> [YAMLEntry] {
        var order: [YAMLEntry] = []
        var done: Set<String> = []
        visit(entries, chain: [], &done, &order)
        return order
    }

    private func visit(_ entries: [YAMLEntry], chain: [String], _ done: inout Set<String>, _ order: inout [YAMLEntry]) {
        guard let extends = entries["extends"] else { return }
        for node in extends.sequence ?? [extends] {
            guard let name = node.text else { continue }
            guard let template = templates[name] else {
                log.add(at: node.mark, "there is no template \"\(name)\"", hint: hint(template: name))
                continue
            }
            if chain.contains(name) {
                log.add(at: node.mark, "templates extend each other: \((chain + [name]).joined(separator: " → "))")
                continue
            }
            guard chain.count < limits.depth else { continue }
            guard !done.contains(name) else { continue }
            visit(template.value.mapping ?? [], chain: chain + [name], &done, &order)
            if done.insert(name).inserted { order.append(template) }
        }
    }

    private func hint(template name: String) -> String? {
        let isImage = files.contains { $0.entries["images"]?.mapping?[name] != nil }
        if isImage { return "\"\(name)\" is an image: what both share belongs in a template" }
        return Suggestion.hint(for: name, among: templates.keys.sorted())
    }
}
