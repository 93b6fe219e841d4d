import HTTP
import Testing

@testable import Clouds

/// AWS's own examples: the test suite of Signature Version 4 and the pages of S3.
@Suite struct AmazonSignatureTests {
    private static let suite = AmazonIdentity(
        accessKey: "AKIDEXAMPLE", secretKey: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))

    private func signature(
        _ method: HTTPRequest.Method, _ url: String, headers: [(name: String, value: String)] = [], body: String? = nil,
        _ identity: AmazonIdentity = suite
    ) throws -> String {
        var request = HTTPRequest(method: method, url: try #require(HTTPURL(url)))
        request.headers = headers
        if let body { request.body = .bytes(Array(body.utf8)) }
        let signer = AmazonSignature(
            identity: identity, region: "us-east-1", service: "service", time: ServiceTime(1_440_938_160))
        let signed = signer.signed(request, signsContent: false)
        #expect(!signed.followsRedirects)
        return try #require(signed.authorization?.revealed.split(separator: "=").last.map(String.init))
    }

    @Test(arguments: [
        ("/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    ])
    func `the suite's GET requests`(path: String, expected: String) throws {
        #expect(try signature(.get, "https://example.amazonaws.com\(path)") == expected)
    }

    @Test func `the suite's form`() throws {
        let type = (name: "Content-Type", value: "application/x-www-form-urlencoded")
        let url = "https://example.amazonaws.com/"
        #expect(
            try signature(.post, url, headers: [type], body: "Param1=value1")
                == "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a")
    }

    @Test func `the suite's session token`() throws {
        var identity = Self.suite
        identity.sessionToken = Secret(
            "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUu"
                + "wthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQc"
                + "HNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/o"
                + "LxBA==")
        #expect(
            try signature(.post, "https://example.amazonaws.com/", identity)
                == "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead")
    }

    @Test func `S3's example of a range`() throws {
        let identity = AmazonIdentity(
            accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
        var request = HTTPRequest(url: try #require(HTTPURL("https://examplebucket.s3.amazonaws.com/test.txt")))
        request.headers = [("Range", "bytes=0-9")]
        let signed = AmazonSignature(
            identity: identity, region: "us-east-1", service: "s3", time: ServiceTime(1_369_353_600)
        ).signed(request, signsContent: true)
        #expect(
            signed.authorization?.revealed
                == "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
                + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
                + "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    }
}
