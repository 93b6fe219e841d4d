import TestSupport
import Testing

@testable import Clouds
@testable import HTTP

@Suite(.timeLimit(.minutes(10))) struct SimpleStorageObjectTests {
    private static let keys = ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "hunter2"]

    private func object(_ text: String, _ environment: [String: String]) throws -> SimpleStorageObject {
        let world = try CloudWorld()
        let name = try #require(try ObjectName(text, scheme: "s3"))
        return try SimpleStorageObject(name, AmazonChain(world.configuration(environment)))
    }

    private func response(_ status: Int, _ lines: [String], _ body: String) throws -> HTTPResponse {
        var headers = HTTPHeaders()
        for line in lines { headers.append(line: line) }
        let url = try #require(HTTPURL("https://bucket.s3.us-east-1.amazonaws.com/k"))
        return HTTPResponse(url: url, status: status, headers: headers, body: Array(body.utf8))
    }

    @Test(arguments: [
        ("s3://bucket/a b", [:], "https://bucket.s3.us-east-1.amazonaws.com/a%20b"),
        ("s3://bucket/k", ["AWS_REGION": "eu-west-1"], "https://bucket.s3.eu-west-1.amazonaws.com/k"),
        ("s3://bucket/k", ["AWS_DEFAULT_REGION": "cn-north-1"], "https://bucket.s3.cn-north-1.amazonaws.com.cn/k"),
        ("s3://my.bucket/k", [:], "https://s3.us-east-1.amazonaws.com/my.bucket/k"),
        ("s3://bucket/k?versionId=1", [:], "https://bucket.s3.us-east-1.amazonaws.com/k?versionId=1"),
        ("s3://bucket/k", ["S3_ENDPOINT": "minio.example:9000"], "https://bucket.minio.example:9000/k"),
        (
            "s3://bucket/k", ["S3_ENDPOINT": "http://minio.example:9000/s3/", "S3_FORCE_PATH_STYLE": "TRUE"],
            "http://minio.example:9000/s3/bucket/k"
        ),
        ("s3://bucket/k", ["AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"], "http://127.0.0.1:1/bucket/k"),
        ("s3://bucket/k", ["AWS_ENDPOINT_URL": "http://[::1]:1"], "http://[::1]:1/bucket/k"),
    ])
    func `an object's address follows the settings`(text: String, environment: [String: String], url: String)
        async throws
    {
        let request = try await object(text, environment).request(headers: [])
        #expect(request.url.text == url)
        #expect(request.authorization == nil)
    }

    @Test(arguments: [
        (["AWS_REGION": "evil.example/"], "AWS_REGION"), (["S3_ENDPOINT": "ftp://x"], "S3_ENDPOINT"),
    ])
    func `a setting that makes no address is named`(environment: [String: String], name: String) async throws {
        await #expect {
            _ = try await object("s3://bucket/k", environment).request(headers: [])
        } throws: { error in
            guard case CloudError.setting(name, _) = error else { return false }
            return true
        }
    }

    @Test(arguments: [
        (301, ["x-amz-bucket-region: eu-west-1"], "<Error><Code>PermanentRedirect</Code></Error>"),
        (307, ["x-amz-bucket-region: eu-west-1", "location: https://evil.example/"], ""),
        (400, [], "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>"),
    ])
    func `a bucket of another region is asked there, signed for there`(
        status: Int, lines: [String], body: String
    ) async throws {
        let object = try object("s3://bucket/k", Self.keys)
        let first = try await object.request(headers: [])
        #expect(first.authorization?.revealed.contains("/us-east-1/s3/") == true)
        #expect(!first.followsRedirects)
        #expect(try await object.refusal(response(status, lines, body)) == nil)
        let second = try await object.request(headers: [])
        #expect(second.url.text == "https://bucket.s3.eu-west-1.amazonaws.com/k")
        #expect(second.authorization?.revealed.contains("/eu-west-1/s3/") == true)
        // The same answer once more leads nowhere.
        #expect(try await object.refusal(response(status, lines, body)) != nil)
    }

    @Test func `an expired token is had anew, a few times only`() async throws {
        let object = try object("s3://bucket/k", Self.keys)
        let answer = try response(400, [], "<Error><Code>ExpiredToken</Code><Message>expired</Message></Error>")
        var refusals: [CloudError?] = []
        for _ in 0..<4 {
            _ = try await object.request(headers: [])
            refusals.append(try await object.refusal(answer))
        }
        #expect(refusals.map { $0 == nil } == [true, true, true, false])
    }

    @Test(arguments: [
        (503, "SlowDown", true), (500, "InternalError", true), (400, "RequestTimeout", true),
        (403, "AccessDenied", false),
        (404, "NoSuchKey", false),
    ])
    func `what passes is tried again`(status: Int, code: String, isTemporary: Bool) async throws {
        let object = try object("s3://bucket/k", [:])
        let refusal = try await object.refusal(response(status, [], "<Error><Code>\(code)</Code></Error>"))
        #expect(refusal?.isTemporary == isTemporary)
    }
}
