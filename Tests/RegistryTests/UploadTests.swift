import OCI
import SystemPackage
import TestSupport
import Testing

@testable import HTTP
@testable import Registry

/// Uploads that break off, are refused as a whole, or need no bytes.
@Suite struct UploadTests {
    private let registry = TestRegistry()
    private let clock = RecordingClock()
    private let folder: TemporaryFolder
    /// Made once: without optimisation it takes a second.
    private static let noisy = noise(3_000_000)
    private let content = Self.noisy
    private let path: FilePath
    private let descriptor: Descriptor

    init() throws {
        folder = try TemporaryFolder()
        path = try folder.write(content, to: "blob")
        descriptor = Descriptor(mediaType: .layer, digest: Digest(of: content), size: Int64(content.count))
    }

    private var reference: ImageReference { get throws { try ImageReference("\(registry.host)/team/app:v1") } }
    private var isThere: Bool { registry.hasBlob("team/app", descriptor.digest.description) }

    private func push(from sources: [String] = [], with client: RegistryClient? = nil) async throws -> UploadOutcome {
        try await (client ?? RegistryClient.forTests(clock: clock)).upload(
            descriptor, from: path, to: reference, mountingFrom: sources)
    }

    @Test(arguments: [TestRegistry.Manner.Location.relative, .absolute, .identifierOnly])
    func `an upload goes where the registry says, however it says it`(
        location: TestRegistry.Manner.Location
    ) async throws {
        registry.setManner { $0.location = location }
        #expect(try await push() == .uploaded)
        #expect(isThere)
    }

    @Test func `a dropped upload goes on where it broke off`() async throws {
        registry.inject(.dropRequest(after: 2_000_000), method: "PUT", path: "/uploads/")
        #expect(try await push() == .uploaded)
        #expect(isThere)
        #expect(registry.requests.map(\.method) == ["HEAD", "POST", "PUT", "HEAD", "GET", "PATCH", "PUT"])
        #expect(registry.requests.first { $0.method == "PATCH" }?.headers["content-range"] == "2000000-2999999")
        #expect(registry.uploadedBytes == content.count)
    }

    @Test func `each drop costs only what was under way`() async throws {
        registry.inject(.dropRequest(after: 1_500_000), method: "PUT", path: "/uploads/")
        for _ in 0..<6 { registry.inject(.dropRequest(after: 100_000), method: "PATCH", path: "/uploads/") }
        let client = RegistryClient.forTests(clock: clock) { $0.retry.attempts = 8 }
        #expect(try await push(with: client) == .uploaded)
        #expect(isThere)
        #expect(registry.uploadedBytes == content.count)
    }

    @Test func `an upload whose parts do not fit together is sent again as a whole`() async throws {
        registry.inject(.dropRequest(after: 2_000_000), method: "PUT", path: "/uploads/")
        registry.inject(
            .status(400, body: #"{"errors":[{"code":"DIGEST_INVALID"}]}"#), method: "PUT", path: "/uploads/")
        #expect(try await push() == .uploaded)
        #expect(isThere)
    }

    @Test(arguments: [413, 405, 501])
    func `a blob that is refused as a whole goes in chunks`(status: Int) async throws {
        registry.inject(.status(status), method: "PUT", path: "/uploads/")
        #expect(try await push() == .uploaded)
        #expect(isThere)
        #expect(clock.pauses.isEmpty)
        #expect(registry.requests.map(\.method) == ["HEAD", "POST", "PUT", "POST", "PATCH", "PUT"])
    }

    @Test func `chunks get smaller until they are taken`() async throws {
        registry.setManner { $0.requestLimit = 1 << 20 }
        #expect(try await push() == .uploaded)
        #expect(isThere)
        #expect(registry.requests.filter { $0.method == "PATCH" }.last?.headers["content-range"] == "2097152-2999999")
    }

    @Test func `a limit below the smallest chunk is an error that says so`() async throws {
        registry.setManner { $0.requestLimit = 1000 }
        let error = await #expect(throws: RegistryError.self) { try await push() }
        #expect("\(error as Any)".contains("limits the size of a request"))
        #expect(clock.pauses.isEmpty)
    }

    @Test func `chunks are never smaller than the registry asks for`() async throws {
        registry.setManner {
            $0.requestLimit = 2_500_000
            $0.chunkMinimum = 2_000_000
        }
        #expect(try await push() == .uploaded)
        let ranges = registry.requests.compactMap { $0.headers["content-range"] }
        #expect(ranges.suffix(2) == ["0-1999999", "2000000-2999999"])
    }

    @Test func `a registry that has taken less than was sent gets the rest`() async throws {
        registry.inject(.status(405), method: "PUT", path: "/uploads/")
        registry.inject(
            .status(
                202, headers: ["Location": "/v2/team/app/blobs/uploads/upload-2", "Range": "0-999"]),
            method: "PATCH", path: "/uploads/")
        // The registry has nothing, says that it has 1000 bytes, and then what it really has.
        #expect(try await push() == .uploaded)
        #expect(isThere)
        let ranges = registry.requests.compactMap { $0.headers["content-range"] }
        #expect(ranges == ["0-2999999", "1000-2999999", "0-2999999"])
    }

    @Test func `an identifier that is no part of a URL does no harm`() async throws {
        registry.inject(.status(202, headers: ["Docker-Upload-UUID": "a b"]), method: "POST", path: "/uploads/")
        _ = try? await push()
        #expect(registry.requests.contains { $0.method == "PUT" })
    }

    @Test func `numbers near the largest do no harm`() async throws {
        registry.setManner { $0.chunkMinimum = .max }
        registry.inject(.dropRequest(after: 2_000_000), method: "PUT", path: "/uploads/")
        registry.inject(
            .status(
                204,
                headers: [
                    "Location": "/v2/team/app/blobs/uploads/upload-1", "Range": "0-9223372036854775807",
                ]), method: "GET", path: "/uploads/")
        registry.inject(.status(405), method: "PUT", path: "/uploads/")
        #expect(try await push() == .uploaded)
        #expect(isThere)
    }

    @Test func `the digest that the registry states is looked at`() async throws {
        let other = Digest(of: [1])
        registry.inject(
            .status(201, headers: ["Docker-Content-Digest": "\(other)"]), method: "PUT", path: "/uploads/")
        let error = RegistryError.digestMismatch(
            operation: "push of blob \(descriptor.digest) to \(try reference.name)", expected: descriptor.digest,
            actual: other)
        await #expect(throws: error) { try await push() }
    }

    @Test func `a blob of another length there is sent again`() async throws {
        registry.inject(
            .status(200, body: "short"), method: "HEAD", path: "/blobs/")
        #expect(try await push() == .uploaded)
        #expect(isThere)
    }

    @Test func `an upload behind a proxy that hides TLS stays on TLS`() throws {
        let endpoint = try RegistryEndpoint(ImageReference("r.example.com/a:b"), RegistryConfiguration())
        func place(_ location: String) throws -> String {
            var headers = HTTPHeaders()
            headers.append(line: "Location: \(location)")
            let response = HTTPResponse(url: endpoint.url("blobs/uploads/"), status: 202, headers: headers, body: [])
            return try UploadSession(response, endpoint, operation: "push").url.text
        }
        #expect(try place("http://r.example.com/v2/a/up?x=1") == "https://r.example.com/v2/a/up?x=1")
        #expect(try place("https://other.example.com/up") == "https://other.example.com/up")
        #expect(throws: RegistryError.self) { try place("http://other.example.com/up") }
    }

    // MARK: - Mounts

    @Test func `the first of several repositories that has a blob gives it`() async throws {
        registry.addBlob(content, to: "second")
        #expect(try await push(from: ["first", "team/app", "second", "third"]) == .mounted)
        let sources = registry.requests.filter { $0.method == "POST" }.map { $0.item("from") }
        #expect(sources == ["first", "second"])
        #expect(registry.count("DELETE", "/uploads/") == 1)
        #expect(registry.uploadedBytes == 0)
    }

    @Test func `a session that a mount began is used for the upload`() async throws {
        #expect(try await push(from: ["first", "second"]) == .uploaded)
        #expect(registry.requests.map(\.method) == ["HEAD", "POST", "POST", "DELETE", "PUT"])
    }

    @Test func `a registry that mounts of its own accord is let do so`() async throws {
        registry.setManner { $0.mountsAnonymously = true }
        registry.addBlob(content, to: "elsewhere")
        #expect(try await push() == .mounted)
        #expect(registry.requests.last?.item("from") == nil)
    }

    @Test func `a token server that refuses the source's scope does not stop the upload`() async throws {
        let guarded = TestRegistry(access: .bearer())
        guarded.inject(.status(403), path: "/token")
        let name = try ImageReference("\(guarded.host)/team/app:v1")
        let client = RegistryClient.forTests(clock: clock)
        _ = try? await client.hasBlob(descriptor.digest, in: name)
        guarded.forgetRequests()
        let outcome = try await client.upload(descriptor, from: path, to: name, mountingFrom: ["secret"])
        #expect(outcome == .uploaded)
    }

    @Test func `a mount without bytes says whether it was possible`() async throws {
        let client = RegistryClient.forTests()
        let base = try ImageReference("\(registry.host)/base:1")
        #expect(try await client.mount(descriptor, from: base, to: reference) == false)
        #expect(registry.count("DELETE", "/uploads/") == 1)
        registry.addBlob(content, to: "base")
        #expect(try await client.mount(descriptor, from: base, to: reference))
        #expect(isThere)
        registry.forgetRequests()
        #expect(try await client.mount(descriptor, from: base, to: reference))
        #expect(registry.requests.isEmpty)
    }
}
