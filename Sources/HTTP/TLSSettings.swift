public import SystemPackage

/// What is special about TLS with one host.
public struct TLSSettings: Hashable, Sendable {
    /// Files with certificates trusted beside the system's, in PEM form.
    public var authorities: [FilePath]
    /// The client's own certificate and its key, in PEM form.
    public var cert: FilePath?
    public var key: FilePath?
    /// Accepts any certificate.
    public var insecure: Bool

    /// The system's trust, unless told otherwise.
    public init(
        authorities: [FilePath] = [], cert: FilePath? = nil, key: FilePath? = nil, insecure: Bool = false
    ) {
        self.authorities = authorities
        self.cert = cert
        self.key = key
        self.insecure = insecure
    }
}
