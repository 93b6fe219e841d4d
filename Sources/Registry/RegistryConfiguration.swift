public import HTTP
public import Logging
public import OCI
public import SystemPackage

/// How a `RegistryClient` reaches registries.
public struct RegistryConfiguration: Sendable {
    /// What differs from the default for one registry.
    public struct Host: Hashable, Sendable {
        /// Whether it speaks HTTP. Without a word, registries on a loopback address do, all others speak HTTPS.
        public var http: Bool?
        public var tls: TLSSettings
        /// Where to pull what the registry has from first, in order.
        public var mirrors: [RegistryMirror]
        /// Whether what no mirror gives is pulled from the registry itself.
        public var fallsBack: Bool

        public init(
            http: Bool? = nil, authorities: [FilePath] = [], cert: FilePath? = nil, key: FilePath? = nil,
            insecure: Bool = false, mirrors: [RegistryMirror] = [], fallsBack: Bool = true
        ) {
            self.http = http
            tls = TLSSettings(authorities: authorities, cert: cert, key: key, insecure: insecure)
            self.mirrors = mirrors
            self.fallsBack = fallsBack
        }
    }

    /// By host and port as references write them: `docker.io`, `registry.example.com:5000`.
    public var hosts: [String: Host] = [:]
    /// Trust of registries that `hosts` says nothing of.
    public var otherTLS = TLSSettings()
    /// Whether a registry, by host and port, is spoken to in HTTP when it does not answer in HTTPS; whoever has its
    /// network can then read along. What `hosts` says of HTTP goes first.
    public var mayBeHTTP: @Sendable (_ registry: String) -> Bool = { _ in false }
    public var credentials: any CredentialSource
    public var retry = RetryPolicy()
    public var clock: any NetworkClock = SystemNetworkClock()
    /// Blobs on their way to or from one host at a time. The others wait in order.
    public var transfersPerHost = 5
    /// Other requests to one host at a time.
    public var requestsPerHost = 12
    public var connectTimeout: Duration = .seconds(20)
    /// Without a byte for so long, a transfer counts as dropped. Whole seconds.
    public var stallTimeout: Duration = .seconds(60)
    /// Largest manifest or index read, in bytes.
    public var manifestLimit = 4 << 20
    public var userAgent = "build-all"
    /// Where certificates of hosts are that `hosts` says nothing of.
    public var certificates = CertificateFolders([])
    /// Proxies and trust.
    public var environment = NetworkEnvironment.ofProcess
    /// Called once for each mirror that does not do what it is there for.
    public var warn: @Sendable (String) async -> Void = { _ in }
    /// Gets a line for each request at debug level, and one for each retry at notice level. No secrets.
    public var log = Logger(label: "build-all.registry") { _ in SwiftLogNoOpLogHandler() }

    /// The defaults, with anonymous access unless a source of credentials is given.
    public init(credentials: any CredentialSource = NoCredentials()) {
        self.credentials = credentials
    }
}
