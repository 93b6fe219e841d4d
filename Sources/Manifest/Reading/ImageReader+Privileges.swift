import SystemPackage

/// Secrets, agents, entitlements: what an image may ask for beyond its files.
extension ImageReader {
    func readPrivileges(into image: inout ImageSpec) {
        image.secrets = unique(fields.list("secrets").compactMap(secret), "secrets", \.id, \.mark)
        image.agents = unique(fields.list("ssh").compactMap(agent), "ssh agents", \.id, \.mark)
        for text in fields.list("entitlements").compactMap({ fields.text($0, .entitlement) })
        where !image.entitlements.contains(text.value) {
            image.entitlements.append(text.value)
        }
    }

    private func unique<Spec>(
        _ specs: [Spec], _ noun: String, _ id: (Spec) -> String, _ mark: (Spec) -> SourceMark
    ) -> [Spec] {
        var seen: Set<String> = []
        return specs.filter { spec in
            if seen.insert(id(spec)).inserted { return true }
            log.add(at: mark(spec), "two \(noun) have the id \"\(id(spec))\"")
            return false
        }
    }

    private func secret(_ node: YAMLNode) -> SecretSpec? {
        guard let entries = node.mapping else {
            return fields.text(node, .secret).map { name in
                SecretSpec(id: name.value, source: variable(name.value), mark: name.mark)
            }
        }
        let fields = MappingReader(entries: entries, expander: fields.expander)
        guard let id = fields.text("id") else { return nil }
        if let name = fields.text("env") {
            return SecretSpec(id: id.value, source: variable(name.value), mark: node.mark)
        }
        return file("file", in: fields).map { SecretSpec(id: id.value, source: .file($0), mark: node.mark) }
    }

    private func variable(_ name: String) -> SecretSpec.Source {
        .environment(name, isSet: environment[name] != nil)
    }

    private func agent(_ node: YAMLNode) -> AgentSpec? {
        guard let entries = node.mapping else {
            return fields.text(node, .agent).map { AgentSpec(id: $0.value, source: usualAgent, mark: $0.mark) }
        }
        let fields = MappingReader(entries: entries, expander: fields.expander)
        guard let id = fields.text("id") else { return nil }
        if fields.node("socket") != nil {
            return file("socket", in: fields).map { AgentSpec(id: id.value, source: .socket($0), mark: node.mark) }
        }
        guard let keys = fields.node("keys") else {
            return AgentSpec(id: id.value, source: usualAgent, mark: node.mark)
        }
        let files = fields.list("keys").compactMap { file($0, in: fields) }
        guard !files.isEmpty else {
            if keys.sequence?.isEmpty == true { log.add(at: keys.mark, "the agent \"\(id.value)\" has no key") }
            return nil
        }
        return AgentSpec(id: id.value, source: .keys(files), mark: node.mark)
    }

    private var usualAgent: AgentSpec.Source {
        .environment(environment["SSH_AUTH_SOCK"].flatMap { $0.isEmpty ? nil : FilePath($0) })
    }

    private func file(_ key: String, in fields: MappingReader) -> FilePath? {
        fields.node(key).flatMap { file($0, in: fields) }
    }

    /// A path, in which `~/` is the home folder.
    private func file(_ node: YAMLNode, in fields: MappingReader) -> FilePath? {
        guard let text = fields.text(node) else { return nil }
        guard text.value == "~" || text.value.hasPrefix("~/") else { return fields.path(node, text.value)?.value }
        guard let home = environment["HOME"], !home.isEmpty else {
            log.add(at: text.mark, "\"\(text.value)\": the environment has no HOME")
            return nil
        }
        return FilePath(home).appending(String(text.value.dropFirst(2))).lexicallyNormalized()
    }
}
