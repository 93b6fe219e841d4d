import OCI
internal import Templates

/// The tags of one image, from each of their forms.
struct TagReader {
    let image: ImageReader

    private var fields: MappingReader { image.fields }

    /// In the order of the file, each once; `latest` if there is no `tags`.
    func tags(imageMark: SourceMark) -> [TagSpec] {
        guard let node = fields.node("tags") else { return [spec("latest", false, imageMark)].compactMap(\.self) }
        var tags: [TagSpec] = []
        let entries = node.sequence ?? (node.mapping == nil ? [] : [node])
        for tag in entries.flatMap(tags(of:)) where !tags.contains(where: { $0.text == tag.text }) {
            tags.append(tag)
        }
        return tags
    }

    private func tags(of node: YAMLNode) -> [TagSpec] {
        guard let entries = node.mapping else { return tag(node, isImmutable: false).map { [$0] } ?? [] }
        let entry = MappingReader(entries: entries, expander: fields.expander)
        if let condition = entry.node("if"), !holds(condition) { return [] }
        if let tag = entry.node("tag") {
            return self.tag(tag, isImmutable: entry.flag("immutable") ?? false).map { [$0] } ?? []
        }
        guard let text = entry.text("semver", .semver), let version = SemanticVersion(text.value) else { return [] }
        let tags = version.tags + (entry.flag("latest") == true ? ["latest"] : [])
        return tags.compactMap { spec($0, false, text.mark) }
    }

    private func holds(_ node: YAMLNode) -> Bool {
        guard let text = node.text, let condition = try? Condition(text) else { return false }
        let areKnown = condition.names.map { fields.expander.isKnown($0, at: node.mark) }
        return areKnown.allSatisfy(\.self) && condition.holds(fields.expander.value(_:))
    }

    private func tag(_ node: YAMLNode, isImmutable: Bool) -> TagSpec? {
        guard let text = fields.expander.text(node, keepsBase: true) else { return nil }
        // What only the build knows stands for one letter: all else can be checked now.
        let known = Template(text, namesBeginning: "base.").pieces.reduce("") {
            if case .literal(let literal) = $1 { $0 + literal } else { $0 + "x" }
        }
        if let fault = TextRule.tag.fault(known) {
            image.log.add(at: node.mark, fault.message, hint: fault.hint)
            return nil
        }
        return spec(text, isImmutable, node.mark)
    }

    private func spec(_ text: String, _ isImmutable: Bool, _ mark: SourceMark) -> TagSpec? {
        let isDeferred = text.contains("${base.")
        let reference = isDeferred ? nil : try? TagSpec.reference(of: text, repository: image.repository)
        // Registry, name and tag were checked; what is wrong with one of them is in the log.
        guard isDeferred || reference != nil else { return nil }
        return TagSpec(
            text: text, reference: reference, repository: image.repository,
            isRemote: image.hasRegistry || text.contains("/"), isImmutable: isImmutable, mark: mark)
    }
}
