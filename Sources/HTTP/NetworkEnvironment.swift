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

    /// The system's own authorities are not trusted.
    var replacesSystem: Bool { certificateFile != nil || certificateFolder != nil }

    /// That of this process.
    public static let ofProcess = NetworkEnvironment(variables: ProcessInfo.processInfo.environment)

    public init(variables: [String: String]) {
        func value(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }
        proxies = ProxyRules(variables: variables)
        certificateFolder = value("SSL_CERT_DIR")
        certificateFile = value("SSL_CERT_FILE").map { FilePath($0) } ?? certificateFolder.flatMap(Self.bundle)
    }

    /// Distributions have one file with all that is in such a folder; some images have only that.
    private static func bundle(in folders: String) -> FilePath? {
        folders.split(separator: ":").lazy.map { FilePath(String($0)).appending("ca-certificates.crt") }
            .first { FileManager.default.isReadableFile(atPath: $0.string) }
    }
}
