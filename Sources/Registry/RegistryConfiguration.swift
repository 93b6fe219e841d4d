public import HTTP
public import Logging
public import SystemPackage

/// How a `RegistryClient` reaches registries.
public struct RegistryConfiguration: Sendable {
    /// What differs from the default for one registry.
    public struct Host: Hashable, Sendable {
        /// Whether it speaks HTTP. Without a word, registries on a loopback address do, all others speak HTTPS.
        public var http: Bool?
        public var tls: TLSSettings

        public init(
            http: Bool? = nil, ca: FilePath? = nil, cert: FilePath? = nil, key: FilePath? = nil, insecure: Bool = false
        ) {
            self.http = http
            tls = TLSSettings(ca: ca, cert: cert, key: key, insecure: insecure)
        }
    }

    /// By host and port as references write them: `docker.io`, `registry.example.com:5000`.
    public var hosts: [String: Host] = [:]
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
    /// Gets a line for each request at debug level, and one for each retry at notice level. No secrets.
    public var log = Logger(label: "build-all.registry") { _ in SwiftLogNoOpLogHandler() }

    /// The defaults, with anonymous access unless a source of credentials is given.
    public init(credentials: any CredentialSource = NoCredentials()) {
        self.credentials = credentials
    }
}
