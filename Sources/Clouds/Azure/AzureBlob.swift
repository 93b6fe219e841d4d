internal import HTTP

/// A blob in Azure's store, by its URL.
///
/// In this order: the signature that the URL holds; `AZURE_STORAGE_SAS_TOKEN`; the account's key in
/// `AZURE_STORAGE_ACCESS_KEY` or `AZURE_STORAGE_KEY`; the directory's identity; nobody. The environment's are used only for
/// the account that `AZURE_STORAGE_ACCOUNT` names, if it is set.
struct AzureBlob: CloudObject {
    private enum Identity {
        /// In the URL.
        case sas(ofEnvironment: Bool)
        case key(AzureSharedKey)
        case directory
        /// The environment's are for another account.
        case otherAccount(String)
    }

    private static let clouds = ["windows.net", "chinacloudapi.cn", "cloudapi.de", "usgovcloudapi.net"]
    private static let version = "2021-08-06"

    private let url: HTTPURL
    private let identity: Identity
    private let directory: AzureDirectory
    let shown: String

    /// Nil for a text that is no URL of a blob.
    init?(_ text: String, _ directory: AzureDirectory) throws(CloudError) {
        guard let (url, authorization) = HTTPURL.parse(withCredentials: text), authorization == nil,
            let account = Self.account(url, directory.configuration)
        else { return nil }
        let variable = directory.configuration.variable
        self.directory = directory
        shown = url.description
        guard url.path.split(separator: "/").count >= 2 else {
            throw .invalidObject(shown, reason: "names no blob: CONTAINER/BLOB")
        }
        var address = url
        let own = directory.configuration.variable("AZURE_STORAGE_ACCOUNT")
        if url.query.split(separator: "&").contains(where: { $0.hasPrefix("sig=") }) {
            identity = .sas(ofEnvironment: false)
        } else if let own, own.lowercased() != account {
            identity = .otherAccount(own)
        } else if let sas = variable("AZURE_STORAGE_SAS_TOKEN") {
            address = try Self.adding(sas, to: url)
            identity = .sas(ofEnvironment: true)
        } else if let key = variable("AZURE_STORAGE_ACCESS_KEY", "AZURE_STORAGE_KEY") {
            guard let bytes = Codes.bytes(base64: key) else {
                throw .setting(name: "AZURE_STORAGE_ACCESS_KEY", reason: "it is not Base64, as keys of accounts are")
            }
            identity = .key(AzureSharedKey(account: account, key: bytes))
        } else {
            identity = .directory
        }
        self.url = address
    }

    /// The account of an address in one of Azure's clouds, and nothing that only looks like one.
    private static func account(_ url: HTTPURL, _ configuration: CloudConfiguration) -> String? {
        let labels = url.origin.host.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if let endpoint = configuration.variable("AZURE_STORAGE_SERVICE_ENDPOINT").flatMap({ HTTPURL($0) }),
            endpoint.origin == url.origin, url.path.hasPrefix(endpoint.path)
        {
            return configuration.variable("AZURE_STORAGE_ACCOUNT")?.lowercased()
        }
        // An account's secondary address and its zone's stand between: ACCOUNT.zNN.blob.core.windows.net.
        guard url.origin.isSecure, url.origin.port == 443, let blob = labels.firstIndex(of: "blob"),
            blob == 1 || blob == 2,
            labels.count > blob + 2, labels[blob + 1] == "core",
            clouds.contains(labels[(blob + 2)...].joined(separator: ".")), !labels[0].isEmpty
        else { return nil }
        return labels[0]
    }

    private static func adding(_ sas: String, to url: HTTPURL) throws(CloudError) -> HTTPURL {
        let token = sas.hasPrefix("?") ? String(sas.dropFirst()) : sas
        let base = url.text.prefix { $0 != "#" }
        guard token.contains("sig="), let result = HTTPURL("\(base)\(base.contains("?") ? "&" : "?")\(token)") else {
            throw .setting(name: "AZURE_STORAGE_SAS_TOKEN", reason: "it is no shared access signature")
        }
        return result
    }

    var identifier: String { shown }

    func request(headers: [(name: String, value: String)]) async throws -> HTTPRequest {
        var request = HTTPRequest(url: url)
        let time = ServiceTime(directory.configuration.clock.secondsSince1970)
        request.headers = headers + [("x-ms-date", time.http), ("x-ms-version", Self.version)]
        request.followsRedirects = false
        switch identity {
        case .sas, .otherAccount: return request
        case .key(let key): return key.signed(request)
        case .directory:
            if let token = try await directory.token(resource: "https://storage.azure.com") {
                request.authorization = Secret("Bearer \(token.revealed)")
            }
            return request
        }
    }

    func refusal(_ response: HTTPResponse) async throws -> CloudError? {
        let report = ServiceReport(response.body)
        let code = response.headers["x-ms-error-code"].map { $0.filter { $0.isLetter || $0.isNumber } } ?? report.code
        return .object(
            shown, status: response.status, code: code, message: report.message, hint: try await hint(response, code))
    }

    /// A store that nobody may read without an identity says that the blob is not there.
    private func hint(_ response: HTTPResponse, _ code: String?) async throws -> String? {
        guard [401, 403, 404, 409].contains(response.status), code != "BlobNotFound", code != "ContainerNotFound" else {
            return nil
        }
        switch identity {
        case .sas(let ofEnvironment):
            return ofEnvironment ? "asked with AZURE_STORAGE_SAS_TOKEN" : "asked with the URL's signature"
        case .key(let key): return "asked with the key of account \(key.account)"
        case .otherAccount(let own): return "the environment's credentials are for AZURE_STORAGE_ACCOUNT, \(own)"
        case .directory:
            guard try await directory.token(resource: "https://storage.azure.com") == nil else { return nil }
            let places = ["AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_ACCESS_KEY"] + directory.searched
            return "there are no credentials for it in \(places.joined(separator: ", "))"
        }
    }
}
