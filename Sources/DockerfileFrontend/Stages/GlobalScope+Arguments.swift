extension GlobalScope {
    /// The value that ARG gives to a name inside a stage; nil leaves it unset.
    ///
    /// A build argument wins over the stage's default, that over the global value. The words of one ARG are to be
    /// taken one by one, so that a later word sees an earlier one. A default that a build argument replaces is not
    /// expanded.
    public func value(
        of declaration: ArgumentDeclaration, lookup: (String) -> String?
    ) throws(ExpansionError) -> Expansion? {
        if let given = buildArguments[declaration.name] {
            return Expansion(text: given, words: [], undefined: [])
        }
        guard let word = declaration.value else {
            return self[declaration.name].map { Expansion(text: $0, words: [], undefined: []) }
        }
        return try expander.expand(word, lookup: lookup)
    }

    /// Proxy variables for the environment of RUN: each that is given as a build argument, in upper and lower case.
    ///
    /// They are for the process alone: not for expansion, config, history or the cache.
    public var proxyEnvironment: [(name: String, value: String)] {
        Self.proxies.flatMap { name in
            let given = buildArguments[name.lowercased()] ?? buildArguments[name]
            return given.map { [(name, $0), (name.lowercased(), $0)] } ?? []
        }
    }

    private static let proxies = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"]

    /// Whether a variable says how the network is reached, in upper or lower case.
    public static func isProxy(_ name: String) -> Bool { proxies.contains(name) || proxies.contains(name.uppercased()) }

    /// Arguments that are for the builder alone: ARG does not put them into the environment.
    private static let builderArguments: Set<String> = ["BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"]

    /// Whether ARG makes a variable of a name.
    public static func isVariable(_ name: String) -> Bool { !builderArguments.contains(name) }

    /// The host name of RUN: `BUILDKIT_SANDBOX_HOSTNAME`.
    public var hostname: String { givenHostname ?? "buildkitsandbox" }

    /// Whether that is not the usual one.
    public var namesHost: Bool { givenHostname != nil }

    private var givenHostname: String? {
        buildArguments["BUILDKIT_SANDBOX_HOSTNAME"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Caches of RUN are apart from those of other builds: `BUILDKIT_CACHE_MOUNT_NS`. Empty if that is not given.
    public var cacheNamespace: String { buildArguments["BUILDKIT_CACHE_MOUNT_NS"] ?? "" }
}
