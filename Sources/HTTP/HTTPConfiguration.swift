public import Logging

/// How an `HTTPSession` reaches hosts.
public struct HTTPConfiguration: Sendable {
    /// What differs for one origin.
    public var tls: @Sendable (HTTPURL.Origin) -> TLSSettings = { _ in TLSSettings() }
    /// Proxies and trust.
    public var environment = NetworkEnvironment.ofProcess
    /// Transfers to or from one host at a time. The others wait in order.
    public var transfersPerHost = 5
    /// Other requests to one host at a time.
    public var requestsPerHost = 12
    public var connectTimeout: Duration = .seconds(20)
    /// Without a byte for so long, a transfer counts as dropped. Whole seconds.
    public var stallTimeout: Duration = .seconds(60)
    public var userAgent = "build-all"
    /// Gets a line for each request at debug level. No secrets.
    public var log = Logger(label: "build-all.http") { _ in SwiftLogNoOpLogHandler() }

    /// The defaults.
    public init() {}
}
