internal import Manifest
internal import OCI
internal import SystemPackage

extension ExecutorOptions {
    /// The batch manifest that the command line amounts to: a file in `/`, so that its paths are those of the machine.
    ///
    /// What no manifest says is not in it: how registries are reached, ignored paths, a single layer, Docker's format.
    /// `dockerfile`: the text of a Dockerfile that was fetched.
    public func manifest(dockerfile text: String? = nil) -> String {
        var lines = ["version: 1", "images:"]
        for (index, name) in imageNames.enumerated() {
            lines.append("  \(quoted(name)):")
            lines += image(index, text).map { "    " + $0 }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The image itself, and then those of further targets.
    public var imageNames: [String] {
        let name = output.destinations.first.map { Self.name(of: $0.repository) } ?? "image"
        return [name] + source.targets.indices.dropFirst().map { "\(name)-target-\($0 + 1)" }
    }

    private func image(_ index: Int, _ text: String?) -> [String] {
        var lines = ["context: \(quoted(source.context))"]
        switch source.dockerfile {
        case .file(let path): lines.append("dockerfile: \(quoted(fromContext(path)))")
        case .context(let path): lines.append("dockerfile: \(quoted(path))")
        case .url(let url):
            lines.append("inline: \(text.map { BatchManifest.literal($0, expands: false) } ?? quoted(url))")
        }
        if source.targets.indices.contains(index) { lines.append("target: \(quoted(source.targets[index]))") }
        lines += map("args", source.arguments)
        lines += secrets
        if let platform = source.platform { lines.append("platforms: [\(quoted(platform))]") }
        if let network = source.network { lines.append("network: \(network)") }
        lines += cacheLines
        if output.isReproducible { lines.append("epoch: zero") }
        return lines + (index == 0 ? ownLines : ["tags: []", "outputs: []"])
    }

    /// What further targets do not have.
    private var ownLines: [String] {
        var lines = map("labels", source.labels) + map("annotations", source.annotations)
        let others = imageNames.dropFirst().map(quoted)
        if !others.isEmpty { lines.append("needs: [\(others.joined(separator: ", "))]") }
        let tags = output.destinations.map { quoted($0.description) }
        lines.append("tags: [\(tags.joined(separator: ", "))]")
        let compression = output.compression
        if compression != .gzip {
            lines.append("compression: { type: \(compression.method.rawValue), level: \(compression.level) }")
        }
        var outputs = output.pushes ? ["push"] : []
        if let path = output.archive { outputs.append("{ docker-archive: \(quoted(path)) }") }
        if let path = output.layout { outputs.append("{ oci: \(quoted(path)) }") }
        return lines + ["outputs: [\(outputs.joined(separator: ", "))]"]
    }

    private var cacheLines: [String] {
        guard cache.isOn else { return ["cache: { mode: off }"] }
        var fields: [String] = cache.ageInSeconds > 0 ? ["ttl: \(cache.ageInSeconds)s"] : []
        if let repository = cache.repository {
            fields.append(cache.isWritten ? "repo: \(quoted(repository))" : "from: [\(quoted(repository))]")
        }
        return ["cache: { \(fields.joined(separator: ", ")) }"]
    }

    private var secrets: [String] {
        guard !source.secrets.isEmpty else { return [] }
        return ["secrets:"]
            + source.secrets.map { secret in
                switch secret.source {
                case .file(let path): "  - { id: \(quoted(secret.id)), file: \(quoted(path)) }"
                case .variable(let name): "  - { id: \(quoted(secret.id)), env: \(quoted(name)) }"
                }
            }
    }

    /// The last of several values of a name counts.
    private func map(_ name: String, _ pairs: [(name: String, value: String)]) -> [String] {
        var values: [String: String] = [:]
        for pair in pairs { values[pair.name] = pair.value }
        guard !values.isEmpty else { return [] }
        return ["\(name):"]
            + values.sorted { $0.key < $1.key }.map { name, value in
                "  \(BatchManifest.literal(name, expands: false)): \(quoted(value))"
            }
    }

    /// Where the context is a folder, the path from there: such a manifest may be anywhere.
    private func fromContext(_ path: String) -> String {
        guard source.context.hasPrefix("dir://") else { return path }
        let folder = FilePath(String(source.context.dropFirst(6))).lexicallyNormalized()
        let file = FilePath(path).lexicallyNormalized()
        var (up, down) = (Array(folder.components), Array(file.components))
        while let first = up.first, first == down.first, down.count > 1 {
            up.removeFirst()
            down.removeFirst()
        }
        let parents = up.map { _ in ".." }
        return (parents + down.map(\.string)).joined(separator: "/")
    }

    private func quoted(_ text: String) -> String { BatchManifest.literal(text) }

    /// A repository's name as images of a batch are named.
    private static func name(of repository: String) -> String {
        let parts = repository.split(separator: "/").map { part in
            part.split { !($0.isLetter || $0.isNumber) }.joined(separator: "-")
        }
        return parts.joined(separator: "/")
    }
}

extension WarmerOptions {
    /// A manifest of one image with the Dockerfile, and nothing to copy. `dockerfile`: its text, if it was fetched.
    public func manifest(dockerfile text: String? = nil) -> String {
        var lines = ["version: 1", "images:", "  warmed:"]
        if let text {
            lines.append("    inline: \(BatchManifest.literal(text, expands: false))")
        } else if let dockerfile {
            lines.append("    dockerfile: \(BatchManifest.literal(dockerfile))")
        }
        if !arguments.isEmpty { lines.append("    args:") }
        var values: [String: String] = [:]
        for pair in arguments { values[pair.name] = pair.value }
        lines += values.sorted { $0.key < $1.key }.map { name, value in
            "      \(BatchManifest.literal(name, expands: false)): \(BatchManifest.literal(value))"
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
