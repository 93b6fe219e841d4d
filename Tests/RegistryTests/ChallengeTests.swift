import HTTP
import Testing

@testable import Registry

@Suite struct ChallengeTests {
    @Test(
        arguments: [
            (["Basic realm=\"a\""], "basic realm=a"),
            (
                ["Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:x:pull,push\""],
                "bearer realm=https://a/t scope=repository:x:pull,push service=s"
            ),
            (["bearer realm=https://a/t , service = s"], "bearer realm=https://a/t service=s"),
            (["Basic realm=\"a, \\\"b\\\"\", Bearer realm=\"c\""], "basic realm=a, \"b\" | bearer realm=c"),
            (["Negotiate", "Basic realm=\"a\""], "negotiate | basic realm=a"),
            (["Negotiate dG9rZW4=, Basic realm=x"], "negotiate | basic realm=x"),
            (["Negotiate, NTLM, Basic"], "negotiate | ntlm | basic"),
            (["Bearer realm=\"unfinished"], "bearer realm=unfinished"),
            (["Bearer error=\"invalid_token\",realm=\"x\""], "bearer error=invalid_token realm=x"),
            (["=,;\"\u{7f}"], ""),
            ([""], ""),
            ([], ""),
        ] as [([String], String)])
    func `challenges are read from fields as servers write them`(fields: [String], expected: String) {
        let text = Challenge.parse(fields).map { challenge in
            ([challenge.scheme] + challenge.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
                .joined(separator: " ")
        }
        #expect(text.joined(separator: " | ") == expected)
    }
}

@Suite struct HTTPURLTests {
    @Test(arguments: [
        ("http://127.0.0.1:5000/v2/", "http://127.0.0.1:5000/v2/"),
        ("https://R.example.com", "https://r.example.com/"),
        ("https://r.example.com:443/a?token=secret#x", "https://r.example.com/a"),
        ("http://[::1]:5000/v2/", "http://[::1]:5000/v2/"),
    ])
    func `a URL is shown without query`(text: String, shown: String) throws {
        #expect(try #require(HTTPURL(text)).description == shown)
    }

    @Test(arguments: [
        "", "/v2/", "ftp://a/", "file:///etc/passwd", "https://user:password@a/", "https://user@a/", "https:///",
        "http://a b/", "http://a/\r\nX: y", "http://a/\n",
    ])
    func `what is no plain web address is refused`(text: String) {
        #expect(HTTPURL(text) == nil)
    }

    @Test(arguments: [
        ("/x/y?z=1", "http://a:1/x/y?z=1"),
        ("y", "http://a:1/v2/y"),
        ("https://b/c", "https://b/c"),
        ("//b/c", "http://b/c"),
        ("?q", "http://a:1/v2/u?q"),
    ])
    func `a location is relative to where it came from`(location: String, expected: String) throws {
        #expect(try #require(HTTPURL("http://a:1/v2/u")).resolving(location)?.text == expected)
    }

    @Test func `query items are added after those there are`() throws {
        let items = [(name: "digest", value: "sha256:a&b c")]
        #expect(HTTPURL("http://a/u")?.adding(query: items).text == "http://a/u?digest=sha256%3Aa%26b%20c")
        #expect(HTTPURL("http://a/u?s=1")?.adding(query: items).text == "http://a/u?s=1&digest=sha256%3Aa%26b%20c")
    }
}
