internal import FoundationEssentials
internal import SystemPackage

/// What the variables of an environment say about reaching hosts: proxies and trusted certificates.
///
/// `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` in lower or upper case, lower case first;
/// `SSL_CERT_FILE` and `SSL_CERT_DIR` as OpenSSL and Go understand them.
public struct NetworkEnvironment: Sendable {
    let proxies: ProxyRules
    /// Trusted instead of the system's bundle.
    let certificateFile: FilePath?
    /// A folder of hashed certificates, or several with `:` between.
    let certificateFolder: String?

    /// That of this process.
    public static let ofProcess = NetworkEnvironment(variables: ProcessInfo.processInfo.environment)

    public init(variables: [String: String]) {
        func value(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }
        proxies = ProxyRules(variables: variables)
        certificateFile = value("SSL_CERT_FILE").map { FilePath($0) }
        certificateFolder = value("SSL_CERT_DIR")
    }
}
