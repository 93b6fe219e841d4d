internal import HTTP
internal import Manifest
internal import OCI
internal import Registry
internal import SystemPackage

/// The registry client for a manifest's `registries:`, with what the environment adds and the credentials that docker
/// would use.
enum RegistrySettings {
    /// Throws for a variable of the environment that cannot be understood.
    static func checkEnvironment() throws {
        do {
            _ = try RegistryEnvironment(variables: Environment.all)
        } catch {
            throw CommandFailure(.usage, "\(error)")
        }
    }

    /// `warn` is called for what the user should know, but that stops nothing. Throws for a variable of the environment
    /// that cannot be understood.
    static func client(
        _ batch: BatchManifest?, warn: @escaping @Sendable (String) async -> Void = { _ in }
    ) throws -> RegistryClient {
        let variables = Environment.all
        var configuration = RegistryConfiguration(credentials: CredentialChain(environment: variables))
        configuration.userAgent = "build-all/\(BuildAllCommand.version)"
        configuration.hosts = try RegistryEnvironment(variables: variables).hosts
        for (registry, spec) in batch?.registries ?? [:] {
            apply(spec, to: &configuration.hosts[registry, default: .init()])
        }
        configuration.certificates = CertificateFolders(home: variables["HOME"].map { FilePath($0) })
        configuration.warn = warn
        return RegistryClient(configuration: configuration)
    }

    /// The manifest goes before the environment, field by field; certificate and key are one.
    private static func apply(_ spec: RegistrySpec, to host: inout RegistryConfiguration.Host) {
        if let http = spec.http { host.http = http }
        if let ca = spec.ca { host.tls.authorities = [ca.value] }
        if let cert = spec.cert { (host.tls.cert, host.tls.key) = (cert.value, spec.key?.value) }
        if let insecure = spec.insecure { host.tls.insecure = insecure }
        if let mirrors = spec.mirrors { host.mirrors = mirrors }
        if let fallback = spec.fallback { host.fallsBack = fallback }
    }
}
