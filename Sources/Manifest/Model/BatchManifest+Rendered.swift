import OCI
import SystemPackage
internal import Templates

extension BatchManifest {
    /// The manifest with nothing left to resolve: `build-all config`.
    ///
    /// It is a manifest again, for the same folder: every text is in quotes, paths are relative, tags with a registry are
    /// whole references, included files are in it. Only local tags of a matrix change: they are below its images' full names.
    public var rendered: String {
        var output = Output()
        output.line("version: 1")
        output.section("registries", registries.sorted { $0.key < $1.key }) { output, entry in
            output.map(entry.key) { registry(entry.value, &$0) }
        }
        output.map("retain", retained)
        output.section("groups", groups.sorted { $0.key < $1.key }) { $0.list($1.key, $1.value) }
        output.section("images", images) { output, image in output.map(image.name) { self.image(image, &$0) } }
        return output.text
    }

    private var retained: [(String, String)] {
        let texts = [
            ("logs", retain.logs.map(Quantity.text)), ("failed-logs", retain.failedLogs.map(Quantity.text)),
            ("store", retain.storeInBytes.map(String.init)),
        ]
        return texts.compactMap { name, text in text.map { (name, $0) } }
    }

    private func registry(_ spec: RegistrySpec, _ output: inout Output) {
        if let http = spec.http { output.line("http: \(http)") }
        output.value("ca", spec.ca.map { path($0.value) })
        output.value("cert", spec.cert.map { path($0.value) })
        output.value("key", spec.key.map { path($0.value) })
        if let insecure = spec.insecure { output.line("insecure: \(insecure)") }
        if let mirrors = spec.mirrors {
            if mirrors.isEmpty { output.line("mirror: []") }
            output.list("mirror", mirrors.map(\.description))
        }
        if let fallback = spec.fallback { output.line("fallback: \(fallback)") }
    }

    private func image(_ image: ImageSpec, _ output: inout Output) {
        output.value("context", image.context.map { source(.files($0.value)) })
        output.value("dockerfile", image.dockerfile.map { dockerfile($0.value) })
        output.value("inline", image.inline?.value, isLiteral: true)
        output.value("target", image.target?.value)
        output.map("args", image.args.map { ($0.name, $0.value) })
        output.map("contexts", image.contexts.map { ($0.name, source($0.source)) })
        privileges(image, &output)
        tags(image.tags, &output)
        output.map("labels", image.labels.sorted { $0.key < $1.key })
        output.map("annotations", image.annotations.sorted { $0.key < $1.key })
        output.list("needs", image.needs.map(\.value))
        output.list("platforms", image.platform.map { [$0.description] } ?? [])
        output.value("network", image.network.rawValue)
        output.value("isolation", image.isolation?.value.rawValue)
        output.map("limits", limits(image.limits))
        output.line("retry:")
        output.nested { output in
            output.value("attempts", String(image.retry.attempts))
            output.list("when", image.retry.when.map(\.rawValue).sorted(), showsEmpty: true)
        }
        outputs(image.outputs, &output)
        cache(image.cache, &output)
        if image.compression != .gzip {
            let (method, level) = (image.compression.method.rawValue, image.compression.level)
            output.map("compression", [("type", method), ("level", String(level))])
        }
        output.value("epoch", image.epoch.map(epoch))
    }

    private func epoch(_ epoch: ImageSpec.Epoch) -> String {
        switch epoch {
        case .seconds(let seconds): String(seconds)
        case .contextCommit: "git"
        }
    }

    private func cache(_ cache: ImageSpec.Cache, _ output: inout Output) {
        let texts = [
            ("mode", cache.mode.rawValue), ("ttl", cache.ttl.map(Quantity.text)), ("repo", cache.repository.map(place)),
        ]
        output.map("cache", texts.compactMap { name, text in text.map { (name, $0) } })
        output.nested { output in
            output.list("from", cache.sources.map(place))
            output.list("fresh", cache.freshStages)
        }
    }

    private func place(_ place: ImageSpec.CachePlace) -> String {
        switch place {
        case .repository(let reference): reference.name
        case .image(let reference): reference.description
        case .folder(let folder): "oci:\(path(folder))"
        }
    }

    private func privileges(_ image: ImageSpec, _ output: inout Output) {
        output.section("secrets", image.secrets) { output, secret in
            let source =
                switch secret.source {
                case .file(let file): "file: \(Output.quoted(path(file)))"
                case .environment(let name, _): "env: \(Output.quoted(name))"
                }
            output.line("- { id: \(Output.quoted(secret.id)), \(source) }")
        }
        output.section("ssh", image.agents) { output, agent in
            let id = Output.quoted(agent.id)
            switch agent.source {
            case .environment: output.line("- \(id)")
            case .socket(let file): output.line("- { id: \(id), socket: \(Output.quoted(path(file))) }")
            case .keys(let files):
                let keys = files.map { Output.quoted(path($0)) }.joined(separator: ", ")
                output.line("- { id: \(id), keys: [\(keys)] }")
            }
        }
        output.list("entitlements", image.entitlements)
    }

    private func tags(_ tags: [TagSpec], _ output: inout Output) {
        guard !tags.isEmpty else { return output.line("tags: []") }
        output.line("tags:")
        for tag in tags {
            let isFull = tag.isRemote && !tag.text.contains("/")
            let text = Output.quoted(isFull ? "\(tag.repository):\(tag.text)" : tag.text, keepsBase: true)
            output.line(tag.isImmutable ? "  - { tag: \(text), immutable: true }" : "  - \(text)")
        }
    }

    private func outputs(_ outputs: [OutputSpec], _ output: inout Output) {
        guard !outputs.isEmpty else { return output.line("outputs: []") }
        output.line("outputs:")
        for item in outputs {
            switch item.kind {
            case .push: output.line("  - push")
            case .oci(let folder): output.line("  - oci: \(Output.quoted(path(folder)))")
            case .ociArchive(let file): output.line("  - oci-archive: \(Output.quoted(path(file)))")
            case .dockerArchive(let file): output.line("  - docker-archive: \(Output.quoted(path(file)))")
            case .rootfs(let folder): output.line("  - rootfs: \(Output.quoted(path(folder)))")
            }
        }
    }

    private func limits(_ limits: ImageSpec.Limits) -> [(String, String)] {
        let texts = [
            ("cpus", limits.cpus.map { $0 == $0.rounded() ? String(Int($0)) : String($0) }),
            ("memory", limits.memoryInBytes.map(String.init)), ("pids", limits.pids.map(String.init)),
            ("disk", limits.diskInBytes.map(String.init)),
            ("timeout", limits.timeout.map(Quantity.text)), ("idle", limits.idle.map(Quantity.text)),
        ]
        return texts.compactMap { name, text in text.map { (name, $0) } }
    }

    private func source(_ source: ContextSpec.Source) -> String {
        switch source {
        case .files(let files): self.files(files)
        case .image(let name): "image:\(name)"
        case .dockerImage(let reference): "docker-image://\(reference)"
        case .scratch: "docker-image://scratch"
        case .layout(let folder, let reference): "oci-layout://\(path(folder))\(Self.suffix(of: reference))"
        }
    }

    private func files(_ source: ContextSource) -> String {
        switch source {
        case .path(let path): self.path(path)
        case .standardInput(let folder): "-\(Self.fragment(folder))"
        case .git(let text): text
        case .archive(let url, let folder): "\(url)\(Self.fragment(folder))"
        }
    }

    private static func fragment(_ folder: String?) -> String { folder.map { "#:\($0)" } ?? "" }

    private static func suffix(of reference: String?) -> String {
        guard let reference else { return "" }
        return reference.hasPrefix("@") ? reference : ":\(reference)"
    }

    /// Relative to the manifest's folder where it lies below it.
    private func path(_ path: FilePath) -> String {
        var relative = path
        guard relative.removePrefix(folder) else { return path.string }
        return relative.isEmpty ? "." : relative.string
    }

    private func dockerfile(_ place: DockerfilePlace) -> String {
        switch place {
        case .context(let path): return path.string
        case .folder(let file):
            var relative = file
            guard relative.removePrefix(folder) else { return file.string }
            return "/\(relative)"
        }
    }
}

/// YAML text, line by line; every text in double quotes, which JSON's escapes fit.
private struct Output {
    private(set) var text = ""
    private var indent = ""

    static func quoted(_ text: String, keepsBase: Bool = false) -> String {
        JSONText.quoted(escaped(text, keepsBase: keepsBase))
    }

    private static func escaped(_ text: String, keepsBase: Bool) -> String {
        guard keepsBase else { return text.replacing("${", with: "$${") }
        return Template(text, namesBeginning: "base.").pieces.reduce("") { result, piece in
            switch piece {
            case .literal(let literal): result + literal.replacing("${", with: "$${")
            case .reference(let name, _): result + "${\(name)}"
            case .unterminated(let rest, _): result + "$" + rest
            }
        }
    }

    mutating func line(_ line: String) { text += indent + line + "\n" }

    mutating func nested(_ body: (inout Output) -> Void) {
        indent += "  "
        body(&self)
        indent.removeLast(2)
    }

    mutating func section<Item>(_ name: String, _ items: [Item], _ body: (inout Output, Item) -> Void) {
        guard !items.isEmpty else { return }
        line("\(name):")
        nested { output in for item in items { body(&output, item) } }
    }

    mutating func map(_ name: String, _ body: (inout Output) -> Void) {
        line("\(JSONText.quoted(name)):")
        nested(body)
    }

    mutating func map(_ name: String, _ entries: [(String, String)]) {
        let keepsBase = name == "labels" || name == "annotations"
        section(name, entries) { $0.line("\(JSONText.quoted($1.0)): \(Self.quoted($1.1, keepsBase: keepsBase))") }
    }

    mutating func list(_ name: String, _ items: [String], showsEmpty: Bool = false) {
        guard showsEmpty || !items.isEmpty else { return }
        line("\(JSONText.quoted(name)): [\(items.map { Self.quoted($0) }.joined(separator: ", "))]")
    }

    mutating func value(_ name: String, _ value: String?, isLiteral: Bool = false) {
        guard let value else { return }
        line("\(name): \(isLiteral ? JSONText.quoted(value) : Self.quoted(value))")
    }
}

extension Quantity {
    /// As `seconds(_:)` reads it.
    fileprivate static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = attoseconds / 1_000_000_000_000_000
        return (seconds > 0 ? "\(seconds)s" : "") + (milliseconds > 0 ? "\(milliseconds)ms" : "")
    }
}

extension BatchManifest {
    /// A text as a manifest has to hold it, in quotes; `expands` says whether the field is one where `${…}` would be
    /// expanded, which is prevented then.
    public static func literal(_ text: String, expands: Bool = true) -> String {
        expands ? Output.quoted(text) : JSONText.quoted(text)
    }
}
