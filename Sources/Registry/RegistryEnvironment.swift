internal import HTTP
internal import OCI
internal import SystemPackage

/// Hosts as the variables `BUILD_ALL_REGISTRY_…` describe them, for whoever cannot change the manifest.
///
/// | variable | value |
/// |---|---|
/// | `MIRROR` | mirrors of Docker Hub, as `HOST[:PORT][/PREFIX]`, in order |
/// | `MAP` | mirrors of any registry: `REGISTRY=MIRROR`, several times for several mirrors |
/// | `FALLBACK` | `false`: what no mirror has is not pulled from the registry itself |
/// | `CA` | `REGISTRY=FILE` |
/// | `CERT` | `REGISTRY=CERTIFICATE,KEY` |
/// | `HTTP`, `INSECURE` | registries |
///
/// Entries are separated by `;` or line ends; where no entry has a comma in it, also by `,`.
public struct RegistryEnvironment: Sendable {
    /// By host and port as references write them.
    public private(set) var hosts: [String: RegistryConfiguration.Host] = [:]

    private let variables: [String: String]

    /// Throws `environment` for a value that cannot be understood.
    public init(variables: [String: String]) throws(RegistryError) {
        self.variables = variables
        for text in entries("MIRROR") { try addMirror(of: ImageReference.dockerHub, text, "MIRROR") }
        for pair in try pairs("MAP") { try addMirror(of: pair.registry, pair.value, "MAP") }
        for pair in try pairs("CA") { change(pair.registry) { $0.tls.authorities.append(FilePath(pair.value)) } }
        for pair in try pairs("CERT", commas: false) { try addCertificate(pair) }
        for registry in entries("HTTP") { change(registry) { $0.http = true } }
        for registry in entries("INSECURE") { change(registry) { $0.tls.insecure = true } }
        try readFallback()
    }

    private static func name(_ short: String) -> String { "BUILD_ALL_REGISTRY_\(short)" }

    private func entries(_ short: String, commas: Bool = true) -> [String] {
        (variables[Self.name(short)] ?? "")
            .split { $0 == ";" || $0.isNewline || (commas && $0 == ",") }
            .map { $0.trimmed }.filter { !$0.isEmpty }
    }

    private func pairs(
        _ short: String, commas: Bool = true
    ) throws(RegistryError) -> [(registry: String, value: String)] {
        var result: [(String, String)] = []
        for entry in entries(short, commas: commas) {
            let parts = entry.split(separator: "=", maxSplits: 1).map(\.trimmed)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
                throw .environment(variable: Self.name(short), reason: "\"\(entry)\" is not REGISTRY=VALUE")
            }
            result.append((parts[0], parts[1]))
        }
        return result
    }

    private mutating func change(_ registry: String, _ change: (inout RegistryConfiguration.Host) -> Void) {
        let isHub = ["index.docker.io", "registry-1.docker.io"].contains(registry)
        change(&hosts[isHub ? ImageReference.dockerHub : registry, default: .init()])
    }

    private mutating func addMirror(of registry: String, _ text: String, _ short: String) throws(RegistryError) {
        guard let mirror = RegistryMirror(text) else {
            throw .environment(variable: Self.name(short), reason: "\"\(text)\" is not HOST[:PORT][/PREFIX]")
        }
        change(registry) { $0.mirrors.append(mirror) }
    }

    private mutating func addCertificate(_ pair: (registry: String, value: String)) throws(RegistryError) {
        let files = pair.value.split(separator: ",").map(\.trimmed)
        guard files.count == 2 else {
            throw .environment(variable: Self.name("CERT"), reason: "\"\(pair.value)\" is not CERTIFICATE,KEY")
        }
        change(pair.registry) { host in
            host.tls.cert = FilePath(files[0])
            host.tls.key = FilePath(files[1])
        }
    }

    private mutating func readFallback() throws(RegistryError) {
        switch variables[Self.name("FALLBACK")] {
        case nil, "", "true", "1": break
        case "false", "0":
            for (registry, host) in hosts where !host.mirrors.isEmpty { hosts[registry]?.fallsBack = false }
        case let value?:
            throw .environment(variable: Self.name("FALLBACK"), reason: "\"\(value)\" is neither true nor false")
        }
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text = text.dropFirst() }
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return String(text)
    }
}
