import Testing

@testable import HTTP

@Suite struct HTTPURLTests {
    @Test(arguments: ["http://\u{fc}.example/", "http://%C3%BC.example/", "http:// a/", "ftp://a/", "http://u:p@a/"])
    func `other hosts than those of DNS are none`(text: String) { #expect(HTTPURL(text) == nil) }

    @Test func `a redirect leads to no other kind of host`() throws {
        let url = try #require(HTTPURL("https://a.example/b"))
        #expect(url.resolving("//\u{fc}.example/") == nil)
        #expect(url.resolving("//xn--tda.example/x")?.text == "https://xn--tda.example/x")
        #expect(url.resolving("\u{fc}") != nil)
    }
}
