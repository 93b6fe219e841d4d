internal import Glibc
internal import HTTP
internal import Kaniko
internal import OCI
internal import Registry
internal import SystemPackage

/// The registry client of kaniko's flags, over what the environment says of registries.
struct KanikoRegistry {
    private let options: RegistryOptions
    /// `--kaniko-dir`
    private let folder: String
    /// Registries that are pushed to; a repository's name will do.
    private let pushed: Set<String>

    init(_ options: RegistryOptions, folder: String, pushesTo names: [String] = []) {
        self.options = options
        self.folder = folder
        pushed = Set(names.map { String($0.prefix { $0 != "/" }) })
    }

    func client(warn: @escaping @Sendable (String) async -> Void) throws -> RegistryClient {
        let variables = Environment.all
        var configuration = RegistryConfiguration(
            credentials: CredentialChain(environment: credentialVariables(variables), helpers: helpers))
        configuration.userAgent = (["build-all/\(BuildAllCommand.version)"] + [options.client].compactMap(\.self))
            .joined(separator: ",")
        configuration.hosts = try RegistryEnvironment(variables: variables).hosts
        for name in pushed where options.hosts[name] == nil && configuration.hosts[name] == nil {
            configuration.hosts[name] = .init()
        }
        for name in options.hosts.keys where configuration.hosts[name] == nil { configuration.hosts[name] = .init() }
        for name in configuration.hosts.keys { apply(name, to: &configuration.hosts[name, default: .init()]) }
        configuration.otherTLS.insecure = options.pull.skipsTLS
        configuration.mayBeHTTP = mayBeHTTP
        configuration.retry.attempts = max(configuration.retry.attempts, options.retries + 1)
        configuration.certificates = CertificateFolders(home: variables["HOME"].map { FilePath($0) })
        configuration.warn = warn
        return RegistryClient(configuration: configuration)
    }

    private func apply(_ name: String, to host: inout RegistryConfiguration.Host) {
        let said = options.hosts[name] ?? RegistryOptions.Host()
        if said.skipsTLS || options.pull.skipsTLS || (options.push.skipsTLS && pushed.contains(name)) {
            host.tls.insecure = true
        }
        if !said.authorities.isEmpty { host.tls.authorities = said.authorities.map { FilePath($0) } }
        if let certificate = said.certificate {
            (host.tls.cert, host.tls.key) = (FilePath(certificate), said.key.map { FilePath($0) })
        }
        host.mirrors += said.mirrors
        if !host.mirrors.isEmpty, !options.fallsBack { host.fallsBack = false }
    }

    /// As in Go's library: those that flags name, and those of networks that nobody else has.
    private var mayBeHTTP: @Sendable (String) -> Bool {
        let named = Set(options.hosts.filter(\.value.mayBeHTTP).keys)
        let pushed = options.push.mayBeHTTP ? self.pushed : []
        let all = options.pull.mayBeHTTP
        return { all || named.contains($0) || pushed.contains($0) || PrivateHost.isOne($0) }
    }

    private var helpers: Set<CredentialChain.Helper> {
        guard let names = options.helpers else { return Set(CredentialChain.Helper.allCases) }
        let known: [String: CredentialChain.Helper] = [
            "env": .job, "gitlab": .job, "google": .google, "ecr": .amazon, "acr": .azure,
        ]
        return Set(names.compactMap { known[$0] })
    }

    /// kaniko's image has its credentials in its own folder, and takes a file for the folder.
    private func credentialVariables(_ variables: [String: String]) -> [String: String] {
        var variables = variables
        let named = variables["DOCKER_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        if let named, access("\(named)/config.json", R_OK) == 0 { return variables }
        if let named, access(named, R_OK) == 0, access("\(named)/.", F_OK) != 0 {
            variables["REGISTRY_AUTH_FILE"] = variables["REGISTRY_AUTH_FILE"] ?? named
        } else if access("\(folder)/.docker/config.json", R_OK) == 0 {
            variables["DOCKER_CONFIG"] = "\(folder)/.docker"
        }
        return variables
    }
}

/// Hosts whose names say that they are of a private network or of this machine.
enum PrivateHost {
    /// `host[:port]`; addresses of RFC 1918, loopback, and names below `local` and `localhost`.
    static func isOne(_ registry: String) -> Bool {
        let host = registry.hasPrefix("[") ? registry.prefix { $0 != "]" }.dropFirst() : registry.prefix { $0 != ":" }
        if ["localhost", "::1"].contains(host) || host.hasSuffix(".local") || host.hasSuffix(".localhost") {
            return true
        }
        let bytes = host.split(separator: ".", omittingEmptySubsequences: false).compactMap { UInt8($0) }
        guard bytes.count == 4, host.split(separator: ".").count == 4 else { return false }
        return switch (bytes[0], bytes[1]) {
        case (10, _), (127, _), (172, 16...31), (192, 168): true
        default: false
        }
    }
}
