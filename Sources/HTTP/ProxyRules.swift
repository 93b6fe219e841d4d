internal import CCurl

/// A proxy, ready for libcurl: its address never has user and password in it.
struct Proxy: Hashable, Sendable {
    let address: String
    let user: Secret?
    let password: Secret?
}

/// Which proxy a request goes through.
struct ProxyRules: Sendable {
    private struct Setting: Sendable {
        let variable: String
        let value: String
    }

    private let byScheme: [String: Setting]
    private let exceptions: ProxyExceptions

    /// In a CGI program `HTTP_PROXY` is what a client of the web server says; it is not read there.
    init(variables: [String: String]) {
        func setting(_ names: String...) -> Setting? {
            let name = names.first { variables[$0]?.isEmpty == false }
            return name.flatMap { name in variables[name].map { Setting(variable: name, value: $0) } }
        }
        let all = setting("all_proxy", "ALL_PROXY")
        let plain = variables["REQUEST_METHOD"] == nil ? setting("http_proxy", "HTTP_PROXY") : setting("http_proxy")
        byScheme = ["http": plain ?? all, "https": setting("https_proxy", "HTTPS_PROXY") ?? all]
            .compactMapValues { $0 }
        exceptions = ProxyExceptions(setting("no_proxy", "NO_PROXY")?.value ?? "")
    }

    /// Nil for a direct connection; what is on this machine, or its own network, always has one. Throws `invalidProxy`.
    func proxy(for origin: HTTPURL.Origin) throws(HTTPError) -> Proxy? {
        guard let setting = byScheme[origin.scheme], !origin.isLoopback, !origin.isLinkLocal,
            !exceptions.cover(origin)
        else { return nil }
        guard let proxy = Proxy(setting.value) else { throw .invalidProxy(variable: setting.variable) }
        return proxy
    }
}

extension Proxy {
    private static let schemes = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"]

    /// A URL, or `host:port` for an HTTP proxy.
    init?(_ text: String) {
        guard let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        let flags = UInt32(CURLU_NON_SUPPORT_SCHEME)
        let url = text.contains("://") ? text : "http://\(text)"
        guard curl_url_set(handle, CURLUPART_URL, url, flags) == CURLUE_OK,
            let scheme = Self.part(CURLUPART_SCHEME, of: handle), Self.schemes.contains(scheme),
            let host = Self.part(CURLUPART_HOST, of: handle), host.utf8.allSatisfy({ $0 < 128 })
        else { return nil }
        let port = Self.part(CURLUPART_PORT, of: handle)
        // Without a port a proxy's is 1080 in libcurl, the scheme's everywhere else.
        let usual = ["http": "80", "https": "443"][scheme] ?? "1080"
        address = "\(scheme)://\(host):\(port ?? usual)"
        user = Self.part(CURLUPART_USER, of: handle, UInt32(CURLU_URLDECODE)).map { Secret($0) }
        password = Self.part(CURLUPART_PASSWORD, of: handle, UInt32(CURLU_URLDECODE)).map { Secret($0) }
    }

    private static func part(_ part: CURLUPart, of handle: OpaquePointer, _ flags: UInt32 = 0) -> String? {
        var value: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &value, flags) == CURLUE_OK, let value else { return nil }
        defer { curl_free(value) }
        return String(cString: value)
    }
}
