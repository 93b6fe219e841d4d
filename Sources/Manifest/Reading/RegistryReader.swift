internal import OCI

/// Reads `registries` of all files; each host is described once.
struct RegistryReader {
    let values: ManifestValues

    func read(_ files: [LoadedFile]) -> [String: RegistrySpec] {
        var result: [String: RegistrySpec] = [:]
        for entry in files.flatMap({ $0.entries["registries"]?.mapping ?? [] }) {
            let spec = spec(entry)
            if let first = result.updateValue(spec, forKey: entry.key) {
                values.log.add(
                    at: entry.mark, "the registry \"\(entry.key)\" is here twice", hint: "first at \(first.mark)")
            }
        }
        return result
    }

    private func spec(_ entry: YAMLEntry) -> RegistrySpec {
        let fields = MappingReader(entries: entry.value.mapping ?? [], expander: Expander(values: values))
        var spec = RegistrySpec(mark: entry.mark)
        spec.http = fields.flag("http")
        spec.insecure = fields.flag("insecure")
        spec.ca = fields.path("ca")
        spec.cert = fields.path("cert")
        spec.key = fields.path("key")
        spec.fallback = fields.flag("fallback")
        spec.mirrors = fields.node("mirror").map { _ in
            fields.list("mirror").compactMap { fields.text($0, .mirror).flatMap { RegistryMirror($0.value) } }
        }
        if spec.fallback == false, spec.mirrors?.isEmpty != false {
            values.log.add(at: entry.mark, "\"fallback: false\" without a mirror leaves nothing to pull from")
        }
        if spec.http == true, let secure = spec.ca ?? spec.cert ?? spec.key {
            values.log.add(at: secure.mark, "certificates and \"http: true\" contradict each other")
        }
        if let half = spec.cert == nil ? spec.key : spec.key == nil ? spec.cert : nil {
            values.log.add(at: half.mark, "\"cert\" and \"key\" belong together: one of them is missing")
        }
        return spec
    }
}
