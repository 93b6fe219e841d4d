import Contexts
import HTTP
import OCI
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct WebFilesTests {
    private let world: World
    private let store = MemoryStore()

    init() throws { world = try World() }

    private var files: WebFiles { WebFiles(world.configuration(), store: store) }

    @Test func `a file comes into the store with its time`() async throws {
        let server = WebServer { _, _ in
            WebServer.Reply(headers: ["Last-Modified": "Sat, 21 Nov 2026 00:00:00 GMT"], "hello")
        }
        let file = try await files.download(server.url("/a/b.txt"))
        #expect(file == WebFile(digest: Digest(of: Array("hello".utf8)), sizeInBytes: 5, lastModified: 1_795_219_200))
        #expect(store[file.digest] == Array("hello".utf8))
    }

    @Test(arguments: [nil, "soon", ""] as [String?])
    func `without a date that can be read there is no time`(header: String?) async throws {
        let server = WebServer { _, _ in
            WebServer.Reply(headers: header.map { ["Last-Modified": $0] } ?? [:], "hello")
        }
        #expect(try await files.download(server.url("/")).lastModified == nil)
    }

    @Test func `an empty file is a file`() async throws {
        let server = WebServer { _, _ in WebServer.Reply() }
        #expect(try await files.download(server.url("/")).sizeInBytes == 0)
    }

    // MARK: Again

    @Test(arguments: [
        (["ETag": "\"v1\""], "if-none-match", "\"v1\""), (["ETag": "W/\"v1\""], "if-none-match", "W/\"v1\""),
        (
            ["Last-Modified": "Sat, 21 Nov 2026 00:00:00 GMT"], "if-modified-since", "Sat, 21 Nov 2026 00:00:00 GMT"
        ),
    ])
    func `what is unchanged is asked for and does not come again`(
        headers: [String: String], condition: String, value: String
    ) async throws {
        let server = WebServer { request, _ in
            request.headers[condition] == value ? WebServer.Reply(304) : WebServer.Reply(headers: headers, "hello")
        }
        let first = try await files.download(server.url("/x"))
        // As another run would.
        let second = try await WebFiles(world.configuration(), store: store).download(server.url("/x"))
        #expect(second == first)
        #expect(server.requests.map { $0.headers[condition] } == [nil, value])
        store.forget()
        #expect(try await files.download(server.url("/x")) == first)
        #expect(server.requests.last?.headers[condition] == nil)
    }

    @Test func `a time that is not over yet says nothing: the file may still change in that second`() async throws {
        let now = "Sat, 21 Nov 2026 00:00:00 GMT"
        let server = WebServer { _, number in
            WebServer.Reply(headers: ["Last-Modified": now, "Date": now], "hello \(number)")
        }
        let first = try await files.download(server.url("/x"))
        let second = try await WebFiles(world.configuration(), store: store).download(server.url("/x"))
        #expect(second.digest != first.digest)
        #expect(server.requests.allSatisfy { $0.headers["if-modified-since"] == nil })
    }

    @Test func `what has changed comes anew`() async throws {
        let server = WebServer { _, number in WebServer.Reply(headers: ["ETag": "\"\(number)\""], "text \(number)") }
        _ = try await files.download(server.url("/x"))
        let file = try await files.download(server.url("/x"))
        #expect(store[file.digest] == Array("text 1".utf8))
        #expect(server.requests.map { $0.headers["if-none-match"] } == [nil, "\"0\""])
    }

    // MARK: Checksums

    @Test func `a file with the right checksum is asked for once only`() async throws {
        let server = WebServer { _, _ in
            WebServer.Reply(headers: ["Last-Modified": "Sat, 21 Nov 2026 00:00:00 GMT"], "hello")
        }
        let digest = Digest(of: Array("hello".utf8))
        let first = try await files.download(server.url("/x"), checksum: digest)
        #expect(try await files.download(server.url("/x"), checksum: digest) == first)
        #expect(server.requests.count == 1)
        // Another URL may have another date.
        #expect(try await files.download(server.url("/y"), checksum: digest) == first)
        #expect(server.requests.count == 2)
    }

    @Test func `another digest is an error with both`() async throws {
        let server = WebServer { _, _ in WebServer.Reply("hello") }
        let wanted = Digest(of: [1])
        let url = server.url("/x")
        let expected = ContextsError.digestMismatch(url: url, expected: wanted, actual: Digest(of: Array("hello".utf8)))
        await #expect(throws: expected) { try await files.download(url, checksum: wanted) }
        #expect("\(expected)".contains("digest mismatch"))
    }

    // MARK: Faults

    @Test(arguments: [400, 401, 403, 404, 410])
    func `a status of a fault that stays is an error at once, with URL and status`(status: Int) async throws {
        let server = WebServer { _, _ in WebServer.Reply(status, "secret text") }
        let error = await #expect(throws: ContextsError.self) {
            try await files.download(server.url("/x?token=s3cret"))
        }
        #expect(error == .status(url: server.url("/x"), status: status, retryAfter: nil))
        #expect("\(error as Any)".contains("HTTP \(status)"))
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [408, 429, 500, 502, 503])
    func `a status that passes is tried again`(status: Int) async throws {
        let server = WebServer { _, number in number < 2 ? WebServer.Reply(status) : WebServer.Reply("hello") }
        #expect(try await files.download(server.url("/x")).sizeInBytes == 5)
        #expect(world.clock.pauses == [.milliseconds(500), .seconds(1)])
    }

    @Test func `the server's own pause is kept`() async throws {
        let server = WebServer { _, number in
            number == 0 ? WebServer.Reply(429, headers: ["Retry-After": "7"]) : WebServer.Reply("hello")
        }
        _ = try await files.download(server.url("/x"))
        #expect(world.clock.pauses == [.seconds(7)])
    }

    @Test func `a fault that does not pass is given up with the number of attempts`() async throws {
        let server = WebServer { _, _ in WebServer.Reply(500) }
        let error = await #expect(throws: ContextsError.self) { try await files.download(server.url("/x")) }
        #expect(error?.description.hasSuffix("HTTP 500, after 5 attempts") == true)
        #expect(error?.isTemporary == true)
        #expect(error?.isNetworkFailure == true)
    }

    @Test(arguments: [["ETag": "\"v1\""], ["Last-Modified": "Sat, 21 Nov 2026 00:00:00 GMT"]])
    func `a dropped connection goes on where it broke off`(headers: [String: String]) async throws {
        let bytes = noise(3_000_000)
        let server = WebServer { request, number in
            var reply = WebServer.Reply.file(bytes, to: request, headers: headers)
            if number < 3 { reply.dropsAfter = 700_000 }
            return reply
        }
        let file = try await files.download(server.url("/x"))
        #expect(file.digest == Digest(of: bytes))
        let ranges = server.requests.map { $0.headers["range"] }
        #expect(ranges.count == 4)
        #expect(ranges[0] == nil)
        #expect(ranges.dropFirst().allSatisfy { $0 != nil })
        #expect(server.requests[1].headers["if-range"] == headers.values.first)
    }

    @Test func `a dropped connection begins anew where nothing tells the file's parts apart`() async throws {
        let bytes = noise(1_000_000)
        let server = WebServer { request, number in
            var reply = WebServer.Reply.file(bytes, to: request)
            if number < 2 { reply.dropsAfter = 700_000 }
            return reply
        }
        #expect(try await files.download(server.url("/x")).digest == Digest(of: bytes))
        #expect(server.requests.allSatisfy { $0.headers["range"] == nil })
    }

    @Test func `a file that changes on the way begins anew`() async throws {
        let old = noise(1_000_000)
        let new = [1] + noise(1_500_000)
        let server = WebServer { request, number in
            var reply = WebServer.Reply(headers: ["ETag": number == 0 ? "\"old\"" : "\"new\""])
            reply.body = number == 0 ? old : new
            if number == 0 { reply.dropsAfter = 500_000 }
            return reply
        }
        #expect(try await files.download(server.url("/x")).digest == Digest(of: new))
        #expect(server.requests.map { $0.headers["range"] != nil } == [false, true, false])
    }

    @Test func `a server that ignores ranges sends the same file again`() async throws {
        let bytes = noise(1_000_000)
        let server = WebServer { _, number in
            var reply = WebServer.Reply(headers: ["ETag": "\"v\""])
            reply.body = bytes
            if number == 0 { reply.dropsAfter = 500_000 }
            return reply
        }
        #expect(try await files.download(server.url("/x")).digest == Digest(of: bytes))
        #expect(server.requests.count == 2)
    }

    @Test func `a part of a file is not taken for the file`() async throws {
        let bytes = noise(1000)
        let server = WebServer { request, _ in
            let first = request.headers["range"].flatMap { Int($0.dropFirst("bytes=".count).dropLast()) } ?? 0
            let last = min(first + 399, 999)
            var reply = WebServer.Reply(
                206, headers: ["ETag": "\"v\"", "Content-Range": "bytes \(first)-\(last)/1000"])
            reply.body = Array(bytes[first...last])
            return reply
        }
        #expect(try await files.download(server.url("/x")).digest == Digest(of: bytes))
        #expect(server.requests.count == 3)
    }

    @Test func `a server that falls silent is a timeout, and is tried again`() async throws {
        let server = WebServer { _, number in
            var reply = WebServer.Reply("hello")
            if number == 0 { reply.stallsAfter = 2 }
            return reply
        }
        #expect(try await files.download(server.url("/x")).sizeInBytes == 5)
        #expect(world.clock.pauses.count == 1)
    }

    @Test func `a host that is not there is an error of the network`() async throws {
        let error = await #expect(throws: ContextsError.self) { try await files.download("http://127.0.0.1:1/x") }
        #expect(error?.isNetworkFailure == true)
    }

    // MARK: Addresses

    @Test(arguments: [301, 302, 303, 307, 308])
    func `redirects are followed, and take no credentials along`(status: Int) async throws {
        let target = WebServer { _, _ in WebServer.Reply("hello") }
        let place = target.url("/there")
        let server = WebServer { _, _ in WebServer.Reply(status, headers: ["Location": place]) }
        let url = "http://user:pass%20word@127.0.0.1:\(server.port)/x"
        #expect(try await files.download(url).sizeInBytes == 5)
        #expect(server.requests.map(\.authorization) == ["Basic dXNlcjpwYXNzIHdvcmQ="])
        #expect(target.requests.map(\.authorization) == [nil])
    }

    @Test(arguments: [
        "http://169.254.169.254/latest/", "http://2852039166/", "http://0xa9.254.1/",
        "http://[::ffff:169.254.169.254]/",
        "http://[fe80::1]/", "https://[fd00:ec2::254]/", "http://metadata.google.internal/computeMetadata/",
        "http://Metadata.Google.Internal./",
    ])
    func `a Dockerfile reaches nothing of the machine's own network, nor by a redirect`(url: String) async throws {
        let server = WebServer { _, _ in WebServer.Reply(302, headers: ["Location": url]) }
        for text in [url, server.url("/x")] {
            let error = await #expect(throws: ContextsError.self) { try await files.download(text) }
            guard case .refused(_, let reason)? = error else { return #expect(Bool(false), "\(error as Any)") }
            #expect(reason == "it is an address of the machine's own network, which a Dockerfile does not reach")
        }
        #expect(world.clock.pauses.isEmpty)
    }

    @Test func `redirects without an end are an error`() async throws {
        let server = WebServer { request, _ in WebServer.Reply(302, headers: ["Location": request.path + "x"]) }
        let error = await #expect(throws: ContextsError.self) { try await files.download(server.url("/x")) }
        #expect(error?.description.hasSuffix("too many redirects") == true)
        #expect(server.requests.count == 11)
    }

    @Test(arguments: ["ftp://x/y", "file:///etc/passwd", "http://user:s3cret@", "no url", "http://h/a b?token=s3cret"])
    func `what is no URL is refused, and nothing secret is said`(url: String) async throws {
        let error = await #expect(throws: ContextsError.self) { try await files.download(url) }
        #expect(error.map { if case .invalidURL = $0 { true } else { false } } == true)
        #expect(!"\(error as Any)".contains("s3cret"))
    }

    @Test func `no credentials are in an error`() async throws {
        let server = WebServer { _, _ in WebServer.Reply(404) }
        let url = "http://user:s3cret@127.0.0.1:\(server.port)/x?token=s3cret#s3cret"
        let error = await #expect(throws: ContextsError.self) { try await files.download(url) }
        #expect(error?.description == "http://127.0.0.1:\(server.port)/x: HTTP 404")
        #expect(!Shell("grep -r s3cret \(world.folder.path)").output.contains("s3cret"))
    }

    @Test func `a cancelled download ends at once`() async throws {
        let server = WebServer { _, _ in
            var reply = WebServer.Reply("hello")
            reply.stallsAfter = 1
            return reply
        }
        let task = Task { try await files.download(server.url("/x")) }
        while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
