public import OCI

/// How registries are reached.
public struct RegistryOptions: Sendable {
    /// What differs for one registry.
    public struct Host: Hashable, Sendable {
        /// HTTP, where it does not speak HTTPS.
        public var mayBeHTTP = false
        /// Its certificate is not looked at.
        public var skipsTLS = false
        public var authorities: [String] = []
        public var certificate: String?
        public var key: String?
        public var mirrors: [RegistryMirror] = []

        /// Nothing differs.
        public init() {}
    }

    /// By host and port, as references have it.
    public var hosts: [String: Host] = [:]
    /// Of all registries that images are pulled from.
    public var pull = Host()
    /// Of those that destinations name.
    public var push = Host()
    /// Whether what no mirror has comes from the registry itself.
    public var fallsBack: Bool
    /// Further attempts.
    public var retries: Int
    /// Nil for all that there are.
    public var helpers: Set<String>?
    public var ignoresImmutableTags: Bool
    public var checksPush: Bool
    /// Sent along with our own name.
    public var client: String?

    init(_ flags: GivenFlags, _ variables: KanikoVariables) throws(KanikoError) {
        fallsBack = !(flags.boolean("skip-default-registry-fallback") ?? false)
        retries = max(flags.number("push-retry") ?? 0, flags.number("image-download-retry") ?? 0)
        ignoresImmutableTags = flags.boolean("push-ignore-immutable-tag-errors") ?? false
        checksPush = !(flags.boolean("skip-push-permission-check") ?? false)
        client = variables["UPSTREAM_CLIENT_TYPE"]
        if flags.has("credential-helpers") { helpers = try Self.helpers(flags) }
        pull.mayBeHTTP = flags.boolean("insecure-pull") ?? false
        pull.skipsTLS = flags.boolean("skip-tls-verify-pull") ?? false
        push.mayBeHTTP = flags.boolean("insecure") ?? false
        push.skipsTLS = flags.boolean("skip-tls-verify") ?? false
        for name in flags.texts("insecure-registry") { change(name) { $0.mayBeHTTP = true } }
        for name in flags.texts("skip-tls-verify-registry") { change(name) { $0.skipsTLS = true } }
        try readCertificates(flags)
        try readMirrors(flags, variables)
    }

    private static let knownHelpers = ["env", "google", "ecr", "acr", "gitlab"]

    private static func helpers(_ flags: GivenFlags) throws(KanikoError) -> Set<String> {
        let names = flags.texts("credential-helpers").flatMap { $0.split(separator: ",").map(String.init) }
        for name in names where !knownHelpers.contains(name) {
            throw .badValue(
                "--credential-helpers", name, reason: "there are \(knownHelpers.joined(separator: ", "))")
        }
        return Set(names)
    }

    private mutating func change(_ name: String, _ change: (inout Host) -> Void) {
        let isHub = ["index.docker.io", "registry-1.docker.io"].contains(name)
        change(&hosts[isHub ? ImageReference.dockerHub : name, default: Host()])
    }

    private mutating func readCertificates(_ flags: GivenFlags) throws(KanikoError) {
        for (name, path) in try flags.pairs("registry-certificate") { change(name) { $0.authorities.append(path) } }
        for (name, paths) in try flags.pairs("registry-client-cert") {
            let files = paths.split(separator: ",").map(String.init)
            guard files.count == 2 else {
                throw .badValue(
                    "--registry-client-cert", "\(name)=\(paths)", reason: "REGISTRY=CERTIFICATE,KEY is needed")
            }
            change(name) { ($0.certificate, $0.key) = (files[0], files[1]) }
        }
    }

    /// Those of flags go before those of variables, as in kaniko.
    private mutating func readMirrors(_ flags: GivenFlags, _ variables: KanikoVariables) throws(KanikoError) {
        let maps =
            flags.texts("registry-map").map { ("--registry-map", $0) }
            + (variables["KANIKO_REGISTRY_MAP"].map { [("KANIKO_REGISTRY_MAP", $0)] } ?? [])
        for (origin, text) in maps {
            for part in text.split(separator: ";") {
                guard let pair = KeyValue(String(part)) else {
                    throw .badValue(origin, text, reason: "REGISTRY=MIRROR;… is needed")
                }
                try addMirror(of: pair.name, pair.value, origin)
            }
        }
        for text in flags.texts("registry-mirror") {
            try addMirror(of: ImageReference.dockerHub, text, "--registry-mirror")
        }
        if let text = variables["KANIKO_REGISTRY_MIRROR"] {
            try addMirror(of: ImageReference.dockerHub, text, "KANIKO_REGISTRY_MIRROR")
        }
    }

    private mutating func addMirror(of name: String, _ text: String, _ origin: String) throws(KanikoError) {
        guard let mirror = RegistryMirror(text) else {
            throw .badValue(origin, text, reason: "a mirror is HOST[:PORT][/PREFIX]")
        }
        change(name) { $0.mirrors.append(mirror) }
    }
}
