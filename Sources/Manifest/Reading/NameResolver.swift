import OCI
import SystemPackage

/// Resolves what images and groups say of other images, and finds what they contend for.
struct NameResolver {
    private let images: [ImageSpec]
    private let byBase: [String: [String]]
    private let names: Set<String>
    private let limits: YAMLLimits
    private let log: DiagnosticLog

    init(_ images: [ImageSpec], limits: YAMLLimits, log: DiagnosticLog) {
        self.limits = limits
        self.images = images
        self.log = log
        byBase = Dictionary(grouping: images, by: \.base).mapValues { $0.map(\.name) }
        names = Set(images.map(\.name))
    }

    /// The images with full names in `needs` and `contexts`.
    func resolved() -> [ImageSpec] {
        checkNames()
        checkTags()
        checkOutputs()
        var edgesLeft = limits.edges
        return images.map { image in
            var image = image
            let needs = image.needs
            image.needs = []
            for need in needs where edgesLeft >= 0 {
                let names = fullNames(need.value, of: image, at: need.mark)
                edgesLeft -= names.count
                if edgesLeft < 0 { log.add(at: need.mark, "the images have more than \(limits.edges) needs together") }
                image.needs += names.map { Marked($0, at: need.mark) }
            }
            image.contexts = image.contexts.compactMap { resolved($0, of: image) }
            return image
        }
    }

    private func fullNames(_ name: String, of image: ImageSpec, at mark: SourceMark) -> [String] {
        let found = names.contains(name) ? [name] : byBase[name] ?? []
        if found.isEmpty { unknown(name, at: mark) }
        if found.contains(image.name) { log.add(at: mark, "the image \"\(image.name)\" needs itself") }
        return found
    }

    private func resolved(_ context: ContextSpec, of image: ImageSpec) -> ContextSpec? {
        guard case .image(let name) = context.source else { return context }
        let found = fullNames(name, of: image, at: context.mark)
        if found.count > 1 {
            log.add(
                at: context.mark, "\"\(name)\" is \(found.count) images: a context is one of them",
                hint: "as image:\(found[0])")
        }
        return found.first.map { ContextSpec(name: context.name, source: .image($0), mark: context.mark) }
    }

    private func unknown(_ name: String, at mark: SourceMark) {
        log.add(
            at: mark, "there is no image \"\(name.prefix(80))\"",
            hint: Suggestion.hint(
                for: name, among: images.flatMap { $0.base == $0.name ? [$0.name] : [$0.base, $0.name] }))
    }
}

// MARK: contention

extension NameResolver {
    private func checkNames() {
        var first: [String: ImageSpec] = [:]
        for image in images {
            guard let other = first.updateValue(image, forKey: image.name) else { continue }
            let matrix = image.matrix.isEmpty ? other : image
            let values = matrix.matrix.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
            log.add(
                at: image.mark, "two images have the name \"\(image.name)\"",
                hint: "\"\(matrix.base)\" with \(values) has that name too")
        }
    }

    private func checkTags() {
        var owners: [String: (image: ImageSpec, mark: SourceMark)] = [:]
        for image in images {
            for tag in image.tags {
                guard let name = tag.reference?.familiar else { continue }
                guard let owner = owners[name] else {
                    owners[name] = (image, tag.mark)
                    continue
                }
                guard owner.image.name != image.name else { continue }
                log.add(
                    at: tag.mark, "\"\(owner.image.name)\" and \"\(image.name)\" both claim \(name)",
                    hint: hint(image, owner.mark, tag.mark))
            }
        }
    }

    private func hint(_ image: ImageSpec, _ first: SourceMark, _ second: SourceMark) -> String? {
        guard let key = image.matrix.last?.key else { return first == second ? nil : "first at \(first)" }
        return first == second || first.file == second.file ? "tell them apart, as with ${\(key)} in the tag" : nil
    }

    private func checkOutputs() {
        var owners: [String: ImageSpec] = [:]
        for image in images {
            for output in image.outputs {
                for key in output.contended(by: image) {
                    guard let owner = owners.updateValue(image, forKey: key), owner.name != image.name else { continue }
                    log.add(
                        at: output.mark, "\"\(owner.name)\" and \"\(image.name)\" both write \(key)",
                        hint: "tell them apart, as with ${image.name} in the path")
                }
            }
        }
    }
}

extension OutputSpec {
    /// What no other image may write. A layout takes many images under different names.
    fileprivate func contended(by image: ImageSpec) -> [String] {
        switch kind {
        case .push: []
        case .oci(let path): image.tags.compactMap { $0.reference?.tag }.map { "\($0) in \(path)" }
        case .ociArchive(let path), .dockerArchive(let path), .rootfs(let path): [path.string]
        }
    }
}
