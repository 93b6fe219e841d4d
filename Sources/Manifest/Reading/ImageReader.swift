import OCI
import SystemPackage

/// Makes one image of its merged fields. Names of other images are left as they are written.
struct ImageReader {
    let fields: MappingReader
    /// Where its tags belong: `registry/base`, or `base`.
    let repository: String
    let hasRegistry: Bool
    let environment: [String: String]
    let log: DiagnosticLog

    func read(name: String, base: String, matrix: [MatrixValue], mark: SourceMark) -> ImageSpec {
        var image = ImageSpec(name: name, base: base, mark: mark)
        image.matrix = matrix
        readSource(into: &image)
        image.target = fields.text("target")
        image.args = arguments()
        image.contexts = contexts()
        readPrivileges(into: &image)
        image.tags = TagReader(image: self).tags(imageMark: mark)
        image.labels = fields.texts("labels")
        image.annotations = fields.texts("annotations")
        image.needs = fields.list("needs").compactMap { fields.text($0) }
        image.platform = platform()
        readExecution(into: &image)
        image.outputs = outputs(of: image)
        return image
    }

    private func readExecution(into image: inout ImageSpec) {
        typealias Image = ImageSpec
        image.network = fields.word("network", .network, as: Image.Network.self)?.value ?? .private
        image.isolation = fields.word("isolation", .isolation, as: Image.Isolation.self)
        image.cache = cache()
        image.compression = compression()
        image.limits = limits()
        image.retry = retry()
        image.epoch = epoch(context: image.context?.value)
    }

    private func arguments() -> [BuildArgument] {
        fields.map("args").compactMap { entry in
            let value = entry.value.isNull ? environment[entry.key] : fields.expander.text(entry.value)
            return value.map { BuildArgument(name: entry.key, value: $0, mark: entry.mark) }
        }
    }

    /// One platform is there at most: any other than the host's was refused.
    private func platform() -> Platform? {
        let platforms = fields.list("platforms").compactMap { fields.text($0, .platform) }
        return platforms.first.flatMap { try? Platform($0.value) }
    }

    private func limits() -> ImageSpec.Limits {
        let fields = fields.object("limits")
        var limits = ImageSpec.Limits()
        limits.cpus = fields.text("cpus", .processors).flatMap { Quantity.decimal($0.value) }
        limits.memoryInBytes = fields.text("memory", .size).flatMap { Quantity.bytes($0.value) }
        limits.pids = fields.text("pids", .processes).flatMap { Int($0.value) }
        limits.diskInBytes = fields.text("disk", .size).flatMap { Quantity.bytes($0.value) }
        limits.timeout = fields.text("timeout", .duration).flatMap { Quantity.seconds($0.value) }
        limits.idle = fields.text("idle", .duration).flatMap { Quantity.seconds($0.value) }
        return limits
    }

    private func cache() -> ImageSpec.Cache {
        let fields = fields.object("cache")
        var cache = ImageSpec.Cache()
        cache.mode = fields.word("mode", .cacheMode, as: ImageSpec.CacheMode.self)?.value ?? .max
        cache.ttl = fields.text("ttl", .duration).flatMap { Quantity.seconds($0.value) }
        cache.repository = fields.text("repo", .cacheRepository).flatMap { place($0, fields) }
        cache.sources = fields.list("from").compactMap { node in
            fields.text(node, .cachePlace).flatMap { place($0, fields) }
        }
        cache.freshStages = fields.list("fresh").compactMap { fields.text($0)?.value }
        return cache
    }

    private func place(_ text: Marked<String>, _ fields: MappingReader) -> ImageSpec.CachePlace? {
        switch try? CachePlaceText(text.value) {
        case .folder(let path)?:
            .folder(text.mark.source.folder.pushing(FilePath(path)).lexicallyNormalized())
        case .repository(let reference)?: .repository(reference)
        case .image(let reference)?: .image(reference)
        case nil: nil
        }
    }

    private func retry() -> ImageSpec.Retry {
        let fields = fields.object("retry")
        var retry = ImageSpec.Retry()
        if let attempts = fields.text("attempts", .attempts).flatMap({ Int($0.value) }) {
            retry.attempts = attempts
        }
        if fields.node("when") != nil {
            let causes = fields.list("when").compactMap { fields.text($0, .retryCause) }
            retry.when = Set(causes.compactMap { ImageSpec.Retry.Cause(rawValue: $0.value) })
        }
        return retry
    }

    /// `zstd`, or `{type: zstd, level: 9}`.
    private func compression() -> LayerCompression {
        typealias Method = LayerCompression.Method
        guard fields.node("compression")?.mapping != nil else {
            let method = fields.word("compression", .compression, as: Method.self)?.value
            return method.flatMap { LayerCompression($0) } ?? .gzip
        }
        let fields = fields.object("compression")
        let method = fields.word("type", .compression, as: Method.self)?.value ?? .gzip
        let text = fields.text("level", .compressionLevel)
        if let compression = LayerCompression(method, level: text.flatMap { Int($0.value) }) { return compression }
        guard let text else { return .gzip }
        let levels = method.levels
        log.add(at: text.mark, "\(method.rawValue) has the levels \(levels.lowerBound) to \(levels.upperBound)")
        return .gzip
    }

    private func epoch(context: ContextSource?) -> ImageSpec.Epoch? {
        guard let text = fields.text("epoch", .epoch) else { return nil }
        switch text.value {
        case "zero": return .seconds(0)
        case "now": return .seconds(fields.expander.values.context.now)
        case "git":
            if case .git? = context { return .contextCommit }
            do {
                return .seconds(try fields.expander.values.git().get().commitTime)
            } catch {
                log.add(at: text.mark, "epoch git: \(error)")
                return nil
            }
        default: return Quantity.integer(text.value).map { .seconds($0) }
        }
    }
}

// MARK: contexts

extension ImageReader {
    private func readSource(into image: inout ImageSpec) {
        if let node = fields.node("context"), let text = fields.text(node, .context) {
            if case .files(let source)? = source(of: text.value, node) { image.context = Marked(source, at: text.mark) }
        }
        image.inline = fields.node("inline").flatMap { node in node.text.map { Marked($0, at: node.mark) } }
        if let node = fields.node("dockerfile"), let text = fields.text(node) {
            image.dockerfile = dockerfile(text, of: image).map { Marked($0, at: text.mark) }
        } else if fields.node("dockerfile") == nil, image.inline == nil {
            image.dockerfile = image.context.map { Marked(.context("Dockerfile"), at: $0.mark) }
        }
        let isMissing = fields.node("context") == nil && fields.node("inline") == nil && image.dockerfile == nil
        // An unknown key was reported; it may be what is missing.
        guard isMissing, fields.entries.allSatisfy({ ManifestShape.image.field($0.key) != nil }) else { return }
        log.add(at: image.mark, "the image \"\(image.base)\" has no \"context\" and no \"inline\"")
    }

    /// A leading `/` is the folder of the file that states the path; anything else lies in the context.
    private func dockerfile(_ text: Marked<String>, of image: ImageSpec) -> DockerfilePlace? {
        let components = FilePath(text.value).components
        guard text.value.hasPrefix("/") else {
            return image.context.map { _ in .context(FilePath(root: nil, components).lexicallyNormalized()) }
        }
        return .folder(text.mark.source.folder.appending(components).lexicallyNormalized())
    }

    private func contexts() -> [ContextSpec] {
        fields.map("contexts").compactMap { entry in
            guard let text = fields.text(entry.value, .namedContext) else { return nil }
            return source(of: text.value, entry.value).map {
                ContextSpec(name: entry.key, source: $0, mark: entry.value.mark)
            }
        }
    }

    private func source(of text: String, _ node: YAMLNode) -> ContextSpec.Source? {
        guard let context = try? ContextText(text) else { return nil }
        switch context {
        case .path(let path): return fields.path(node, path).map { .files(.path($0.value)) }
        case .standardInput(let folder): return .files(.standardInput(subfolder: folder))
        case .image(let name): return .image(name)
        case .dockerImage(let reference): return .dockerImage(reference)
        case .scratch: return .scratch
        case .layout(let folder, let reference):
            return fields.path(node, folder).map { .layout(folder: $0.value, reference: reference) }
        case .git(let text): return .files(.git(text))
        case .archive(let url, let folder):
            warnOfUnencrypted(url, at: node.mark)
            return .files(.archive(url: url, subfolder: folder))
        }
    }

    /// The line is not shown: it may hold a password.
    private func warnOfUnencrypted(_ url: String, at mark: SourceMark) {
        guard let host = ContextText.unencryptedHost(url) else { return }
        log.warn(at: nil, "\(mark): the context comes from \(host) over http: nothing vouches for what arrives")
    }
}

// MARK: outputs

extension ImageReader {
    private func outputs(of image: ImageSpec) -> [OutputSpec] {
        let canPush = image.tags.contains(where: \.isRemote)
        guard fields.node("outputs") != nil else {
            return canPush ? [OutputSpec(kind: .push, mark: image.mark)] : []
        }
        return fields.list("outputs").compactMap { node in
            if node.scalar != nil {
                guard fields.text(node, .output) != nil else { return nil }
                if !hasRegistry, !canPush {
                    log.add(
                        at: node.mark, "there is nothing to push \"\(image.name)\" to",
                        hint: "set registry, or give it a tag with a registry")
                }
                return OutputSpec(kind: .push, mark: node.mark)
            }
            return file(node).map { OutputSpec(kind: $0, mark: node.mark) }
        }
    }

    private func file(_ node: YAMLNode) -> OutputSpec.Kind? {
        let fields = MappingReader(entries: node.mapping ?? [], expander: fields.expander)
        guard let key = fields.entries.first?.key, let path = fields.path(key)?.value else { return nil }
        switch key {
        case "oci": return .oci(path)
        case "oci-archive": return .ociArchive(path)
        case "docker-archive": return .dockerArchive(path)
        case "rootfs": return .rootfs(path)
        default: return nil
        }
    }
}
