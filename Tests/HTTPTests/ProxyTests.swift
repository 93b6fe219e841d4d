import Testing

@testable import HTTP

@Suite struct ProxyTests {
    private func proxy(_ variables: [String: String], _ url: String) throws -> String? {
        let origin = try #require(HTTPURL(url)).origin
        return try ProxyRules(variables: variables).proxy(for: origin)?.address
    }

    @Test(
        arguments: [
            (["HTTP_PROXY": "http://p:1"], "http://a/", "http://p:1"),
            (["http_proxy": "http://p:1", "HTTP_PROXY": "http://q:1"], "http://a/", "http://p:1"),
            (["http_proxy": "", "HTTP_PROXY": "q:1"], "http://a/", "http://q:1"),
            (["HTTP_PROXY": "p:1"], "https://a/", nil),
            (["https_proxy": "p:1"], "http://a/", nil),
            (["HTTPS_PROXY": "p"], "https://a/", "http://p:80"),
            (["HTTPS_PROXY": "https://p"], "https://a/", "https://p:443"),
            (["ALL_PROXY": "socks5h://p"], "https://a/", "socks5h://p:1080"),
            (["ALL_PROXY": "socks5://p:9", "HTTPS_PROXY": "p:1"], "https://a/", "http://p:1"),
            (["HTTP_PROXY": "p:1", "REQUEST_METHOD": "GET"], "http://a/", nil),
            (["http_proxy": "p:1", "REQUEST_METHOD": "GET"], "http://a/", "http://p:1"),
            (["ALL_PROXY": "p:1"], "http://127.0.0.1:5000/", nil),
            (["ALL_PROXY": "p:1"], "http://localhost/", nil),
            (["ALL_PROXY": "p:1"], "http://[::1]/", nil),
            ([:], "http://a/", nil),
        ] as [([String: String], String, String?)])
    func `the variables say which proxy a request takes`(
        variables: [String: String], url: String, expected: String?
    ) throws {
        #expect(try proxy(variables, url) == expected)
    }

    @Test(
        arguments: [
            ("*", "https://a.example.com/", true),
            ("example.com", "https://example.com/", true),
            ("example.com", "https://a.example.com/", true),
            ("example.com", "https://badexample.com/", false),
            (".example.com", "https://a.b.example.com/", true),
            ("*.example.com", "https://a.example.com/", true),
            ("EXAMPLE.com", "https://Example.COM/", true),
            ("other, example.com", "https://example.com/", true),
            ("other example.com", "https://example.com/", true),
            ("example.com:5000", "https://example.com:5000/", true),
            ("example.com:5000", "https://example.com/", false),
            ("10.0.0.7", "https://10.0.0.7:5000/", true),
            ("10.0.0.7:443", "https://10.0.0.7:5000/", false),
            ("10.0.0.0/8", "https://10.200.3.4/", true),
            ("10.0.0.0/8", "https://11.0.0.1/", false),
            ("192.168.16.0/20", "https://192.168.31.255/", true),
            ("192.168.16.0/20", "https://192.168.32.0/", false),
            ("0.0.0.0/0", "https://1.2.3.4/", true),
            ("0.0.0.0/0", "https://name/", false),
            ("fd00::/8", "https://[fd12::1]/", true),
            ("[fd00::1]", "https://[fd00::1]:5000/", true),
            ("[fd00::1]:5000", "https://[fd00::1]:5000/", true),
            ("fd00::1", "https://[fd00::2]/", false),
            ("10.0.0.0/99, /, :5, ,", "https://10.0.0.1/", false),
        ])
    func `hosts of NO_PROXY are reached directly`(list: String, url: String, isDirect: Bool) throws {
        for name in ["NO_PROXY", "no_proxy"] {
            #expect(try (proxy(["https_proxy": "p:1", name: list], url) == nil) == isDirect)
        }
    }

    @Test func `user and password are decoded and never in the address`() throws {
        let proxy = try #require(Proxy("http://us%40er:p%3Aw@proxy.example.com:3128"))
        #expect(proxy.address == "http://proxy.example.com:3128")
        #expect(proxy.user?.revealed == "us@er")
        #expect(proxy.password?.revealed == "p:w")
        #expect(!"\(proxy)".contains("p:w"))
        var text = ""
        dump(proxy, to: &text)
        #expect(!text.contains("p:w"))
    }

    @Test(arguments: [
        "ftp://u:geheim@p", "http://u:geheim@", "http://u:geheim@p:port", "://geheim", "http://u:geheim@\u{fc}",
    ])
    func `what is no proxy is an error that does not show it`(text: String) throws {
        let error = #expect(throws: HTTPError.invalidProxy(variable: "HTTPS_PROXY")) {
            try proxy(["HTTPS_PROXY": text], "https://a/")
        }
        #expect(!"\(error as Any)".contains("geheim"))
    }
}
