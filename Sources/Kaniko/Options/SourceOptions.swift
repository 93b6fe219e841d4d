/// What is built.
public struct SourceOptions: Sendable {
    /// Where the Dockerfile is.
    public enum Dockerfile: Hashable, Sendable {
        /// Absolute.
        case file(String)
        /// Below the context.
        case context(String)
        case url(String)
    }

    public var dockerfile: Dockerfile
    /// As a batch manifest has it.
    public var context: String
    /// The first is the image, the others are built beside it.
    public var targets: [String]
    public var arguments: [(name: String, value: String)] = []
    public var labels: [(name: String, value: String)]
    public var annotations: [(name: String, value: String)]
    public var secrets: [SecretOption] = []
    public var platform: String?
    public var network: String?
    /// Certificates of git servers are not looked at.
    public var skipsGitTLS: Bool

    init(_ flags: GivenFlags, _ surroundings: Surroundings) throws(KanikoError) {
        let git = try GitOptions(flags)
        let form = ContextForm(flags, surroundings)
        context = form.text(git)
        dockerfile = try Self.dockerfile(flags.text("dockerfile") ?? "Dockerfile", form, surroundings)
        targets = flags.texts("target").flatMap { $0.split(separator: ",").map(String.init) }
        labels = try flags.pairs("label")
        annotations = try flags.pairs("annotation")
        platform = flags.text("custom-platform")
        network = try flags.word("network", of: ["private", "host", "none"])
        skipsGitTLS = git.skipsTLS
        for text in flags.texts("build-arg") {
            if let pair = KeyValue(text) {
                arguments.append((pair.name, pair.value))
            } else if let value = surroundings.environment[text] {
                arguments.append((text, value))
            }
        }
        for text in flags.texts("secret") { secrets.append(try SecretOption(text, surroundings)) }
    }

    /// The working folder goes before the context.
    private static func dockerfile(
        _ text: String, _ form: ContextForm, _ surroundings: Surroundings
    ) throws(KanikoError) -> Dockerfile {
        if text.hasPrefix("https://") || text.hasPrefix("http://") { return .url(text) }
        let own = surroundings.absolute(text)
        if surroundings.exists(own) { return .file(own) }
        let inside = String(text.drop { $0 == "/" })
        guard let folder = form.folder else { return .context(inside) }
        let path = "\(folder == "/" ? "" : folder)/\(inside)"
        guard surroundings.exists(path) else { throw .noDockerfile(text, context: folder) }
        return .file(path)
    }
}

/// `--secret id=ID,src=FILE`
public struct SecretOption: Hashable, Sendable {
    public enum Source: Hashable, Sendable {
        /// Absolute.
        case file(String)
        case variable(String)
    }

    public let id: String
    public let source: Source

    init(_ text: String, _ surroundings: Surroundings) throws(KanikoError) {
        func fault(_ reason: String) -> KanikoError { .badValue("--secret", text, reason: reason) }
        var fields: [String: String] = [:]
        for part in text.split(separator: ",") {
            guard let pair = KeyValue(String(part)) else { throw fault("\"\(part)\" is not NAME=VALUE") }
            fields[["source": "src"][pair.name] ?? pair.name] = pair.value
        }
        if let stranger = fields.keys.sorted().first(where: { !["id", "src", "env", "type"].contains($0) }) {
            throw fault("there is no \"\(stranger)\"; it is id=ID,src=FILE or id=ID,env=NAME")
        }
        guard let id = fields["id"], !id.isEmpty else { throw fault("it has no id") }
        self.id = id
        switch (fields["src"], fields["env"], fields["type"]) {
        case (let path?, nil, "env"): source = .variable(path)
        case (let path?, nil, _): source = .file(surroundings.absolute(path))
        case (nil, let name?, _): source = .variable(name)
        case (nil, nil, _): source = .variable(id)
        default: throw fault("src and env contradict each other")
        }
    }
}
