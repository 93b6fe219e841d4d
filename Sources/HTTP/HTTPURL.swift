internal import CCurl
internal import Glibc

/// An absolute `http` or `https` URL, parsed and completed by libcurl's URL functions.
///
/// It prints without user, password, query and fragment: this is the one place that shows URLs.
public struct HTTPURL: Hashable, Sendable {
    /// Where a request goes: scheme, host and port. Credentials for one origin never go to another.
    public struct Origin: Hashable, Sendable {
        public let scheme: String
        /// In lower case; an IPv6 address in brackets.
        public let host: String
        public let port: Int

        /// Whether it is encrypted.
        public var isSecure: Bool { scheme == "https" }
    }

    /// The whole URL, query included. It can hold a signature: never show it.
    public let text: String
    public let origin: Origin
    /// As written, with a leading slash.
    public let path: String

    /// Nil for anything but an absolute URL with scheme `http` or `https` and without user and password.
    public init?(_ text: String) { self.init(parsing: [text]) }

    /// A URL that may have user and password in it, and these as the value of an `Authorization` header. Nil as above.
    public static func parse(withCredentials text: String) -> (url: HTTPURL, authorization: Secret?)? {
        guard isPlain(text), let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        guard curl_url_set(handle, CURLUPART_URL, text, 0) == CURLUE_OK else { return nil }
        let user = part(CURLUPART_USER, of: handle, UInt32(CURLU_URLDECODE))
        let password = part(CURLUPART_PASSWORD, of: handle, UInt32(CURLU_URLDECODE))
        curl_url_set(handle, CURLUPART_USER, nil, 0)
        curl_url_set(handle, CURLUPART_PASSWORD, nil, 0)
        guard let url = part(CURLUPART_URL, of: handle).flatMap({ HTTPURL($0) }) else { return nil }
        guard user != nil || password != nil else { return (url, nil) }
        return (url, Secret(basic: user ?? "", Secret(password ?? "")))
    }

    /// What a `Location` header at this URL means: an absolute URL, or one relative to it. Nil when it is none.
    public func resolving(_ location: String) -> HTTPURL? { HTTPURL(parsing: [text, location]) }

    private init?(parsing parts: [String]) {
        guard let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        for part in parts {
            guard Self.isPlain(part),
                curl_url_set(handle, CURLUPART_URL, part, 0) == CURLUE_OK
            else { return nil }
        }
        func get(_ part: CURLUPart, _ flags: Int32 = 0) -> String? { Self.part(part, of: handle, UInt32(flags)) }
        guard let scheme = get(CURLUPART_SCHEME), scheme == "http" || scheme == "https",
            // Other names are written in ASCII (xn--…); libcurl would ask the machine's tables of letters.
            let host = get(CURLUPART_HOST)?.lowercased(), !host.isEmpty, host.utf8.allSatisfy({ $0 < 128 }),
            get(CURLUPART_USER) == nil,
            get(CURLUPART_PASSWORD) == nil, let whole = get(CURLUPART_URL),
            let port = get(CURLUPART_PORT, CURLU_DEFAULT_PORT).flatMap(Int.init)
        else { return nil }
        self.text = whole
        self.path = get(CURLUPART_PATH) ?? "/"
        self.origin = Origin(scheme: scheme, host: host, port: port)
    }

    /// Without blanks and control characters.
    private static func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { $0 > 32 && $0 != 127 } }

    private static func part(_ part: CURLUPart, of handle: OpaquePointer, _ flags: UInt32 = 0) -> String? {
        var value: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &value, flags) == CURLUE_OK, let value else { return nil }
        defer { curl_free(value) }
        return String(cString: value)
    }

    /// Path and query: the URL without its origin.
    public var afterOrigin: String {
        let rest = text.dropFirst(origin.scheme.count + "://".count)
        return rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? "/"
    }

    /// The same without encryption.
    public var inHTTP: HTTPURL? {
        origin.isSecure ? HTTPURL("http" + text.dropFirst("https".count)) : self
    }

    /// The URL with further query items, percent-encoded, after those it has.
    public func adding(query items: [(name: String, value: String)]) -> HTTPURL {
        guard !items.isEmpty else { return self }
        let query = Self.form(items)
        let separator = !text.contains("?") ? "?" : text.hasSuffix("?") || text.hasSuffix("&") ? "" : "&"
        guard let url = HTTPURL(text + separator + query) else {
            preconditionFailure("percent-encoded items keep a URL valid")
        }
        return url
    }

    /// `name=value&…` with everything but RFC 3986's unreserved characters percent-encoded.
    public static func form(_ items: [(name: String, value: String)]) -> String {
        items.map { "\(escape($0.name))=\(escape($0.value))" }.joined(separator: "&")
    }

    /// Everything but RFC 3986's unreserved characters percent-encoded: one segment of a path, or a part of a query.
    public static func escape(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in text.utf8 {
            let isUnreserved =
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || [45, 46, 95, 126].contains(byte)
            if isUnreserved {
                result.append(byte)
            } else {
                result += [37, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension HTTPURL: CustomStringConvertible {
    public var description: String { "\(origin)\(path)" }
}

extension HTTPURL.Origin: CustomStringConvertible {
    public var description: String {
        let isDefault = port == (isSecure ? 443 : 80)
        return "\(scheme)://\(host)\(isDefault ? "" : ":\(port)")"
    }

    /// `localhost`, `127.0.0.0/8` or `::1`.
    public var isLoopback: Bool {
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        let isLoopbackIPv4 = octets.count == 4 && octets[0] == "127" && octets.allSatisfy { UInt8($0) != nil }
        return host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]" || isLoopbackIPv4
    }
}
