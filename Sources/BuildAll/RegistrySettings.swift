internal import Manifest
internal import Registry

/// The registry client for a manifest's `registries:`, with the credentials that docker would use.
enum RegistrySettings {
    static func client(_ batch: BatchManifest?) -> RegistryClient {
        var configuration = RegistryConfiguration(credentials: CredentialChain(environment: Environment.all))
        configuration.userAgent = "build-all/\(BuildAllCommand.version)"
        configuration.hosts = (batch?.registries ?? [:]).mapValues { spec in
            RegistryConfiguration.Host(
                http: spec.http, ca: spec.ca?.value, cert: spec.cert?.value, key: spec.key?.value,
                insecure: spec.insecure ?? false)
        }
        return RegistryClient(configuration: configuration)
    }
}
