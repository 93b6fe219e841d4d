import HTTP
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Registry

@Suite struct PushTests {
    private let registry = TestRegistry()
    private let clock = RecordingClock()
    private let folder: TemporaryFolder
    /// Made once: without optimisation it takes a second.
    private static let noisy = noise(3_000_000)
    private let content = Self.noisy
    private let path: FilePath

    init() throws {
        folder = try TemporaryFolder()
        path = try folder.write(content, to: "blob")
    }

    private var reference: ImageReference { get throws { try ImageReference("\(registry.host)/team/app:v1") } }
    private var descriptor: Descriptor {
        Descriptor(mediaType: .layer, digest: Digest(of: content), size: Int64(content.count))
    }

    private func push(with client: RegistryClient? = nil) async throws -> UploadOutcome {
        try await (client ?? RegistryClient.forTests(clock: clock)).upload(descriptor, from: path, to: reference)
    }

    @Test func `a blob is asked for and then sent in one request`() async throws {
        #expect(try await push() == .uploaded)
        #expect(registry.requests.map(\.method) == ["HEAD", "POST", "PUT"])
        #expect(registry.uploadedBytes == content.count)
        #expect(registry.requests.last?.headers["expect"] == nil)
        #expect(registry.hasBlob("team/app", descriptor.digest.description))
    }

    @Test func `a blob that is there is not sent`() async throws {
        registry.addBlob(content, to: "team/app")
        let client = RegistryClient.forTests()
        #expect(try await push(with: client) == .existed)
        #expect(try await push(with: client) == .existed)
        #expect(registry.requests.map(\.method) == ["HEAD"])
    }

    @Test func `a second push of an image sends no bytes`() async throws {
        let image = try TestImage(layers: [noise(100_000), noise(200_000, seed: 2)])
        try await image.push(to: reference, with: .forTests())
        #expect(registry.uploadedBytes > 300_000)
        registry.forgetRequests()
        try await image.push(to: reference, with: .forTests())
        #expect(registry.uploadedBytes == 0)
        #expect(registry.count("POST") == 0)
        #expect(registry.manifest("team/app", "v1") == image.manifest)
    }

    @Test func `a blob of another repository of the registry is mounted`() async throws {
        let image = try TestImage(layers: [content])
        let client = RegistryClient.forTests()
        try await image.push(to: try ImageReference("\(registry.host)/base:1"), with: client)
        registry.forgetRequests()
        #expect(try await push(with: client) == .mounted)
        #expect(registry.uploadedBytes == 0)
        #expect(registry.requests.last?.item("from") == "base")
    }

    @Test func `what was pulled can be mounted`() async throws {
        let image = try TestImage(layers: [content])
        try await image.push(to: try ImageReference("\(registry.host)/base:1"), with: .forTests())
        let client = RegistryClient.forTests()
        let amd64 = Platform(os: "linux", architecture: "amd64")
        _ = try await client.resolve(ImageReference("\(registry.host)/base:1"), platform: amd64)
        #expect(try await push(with: client) == .mounted)
    }

    @Test func `a mount that is not done begins an upload`() async throws {
        let client = RegistryClient.forTests()
        let outcome = try await client.upload(descriptor, from: path, to: reference, mountingFrom: ["nowhere"])
        #expect(outcome == .uploaded)
        #expect(registry.requests.map(\.method) == ["HEAD", "POST", "PUT"])
    }

    @Test func `a mount that is refused is followed by an upload`() async throws {
        registry.inject(.status(405), method: "POST", path: "/uploads/")
        let client = RegistryClient.forTests()
        let outcome = try await client.upload(descriptor, from: path, to: reference, mountingFrom: ["nowhere"])
        #expect(outcome == .uploaded)
        #expect(registry.requests.map(\.method) == ["HEAD", "POST", "POST", "PUT"])
    }

    @Test func `a dropped upload is sent again where the registry kept nothing`() async throws {
        registry.setManner { $0.keepsPartialUploads = false }
        registry.inject(.dropRequest(after: 1_000_000), method: "PUT", path: "/uploads/", times: 3)
        #expect(try await push() == .uploaded)
        #expect(registry.count("PUT") == 4 && registry.count("POST") == 1)
        #expect(!clock.pauses.isEmpty)
    }

    @Test(arguments: [429, 500, 502, 503])
    func `a busy registry is tried again`(status: Int) async throws {
        registry.inject(.status(status), method: "PUT", path: "/uploads/")
        #expect(try await push() == .uploaded)
        #expect(clock.pauses.count == 1)
    }

    @Test func `an upload that the registry forgot begins anew`() async throws {
        registry.inject(
            .status(404, body: #"{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}"#), method: "PUT", path: "/uploads/")
        #expect(try await push() == .uploaded)
    }

    @Test(arguments: [400, 403, 404, 415])
    func `what is refused is not tried again`(status: Int) async throws {
        registry.inject(.status(status), method: "PUT", path: "/uploads/", times: 9)
        let error = await #expect(throws: RegistryError.self) { try await push() }
        guard case .status(_, _, status, _, _) = error else { return #expect(Bool(false), "\(error as Any)") }
        #expect(registry.count("PUT") == 1)
        #expect(clock.pauses.isEmpty)
    }

    @Test func `a token that ends between two requests is renewed and the file is sent again`() async throws {
        let guarded = TestRegistry(access: .bearer())
        guarded.inject(
            .status(
                401, headers: ["WWW-Authenticate": "Bearer realm=\"http://\(guarded.host)/token\",service=\"test\""]),
            method: "PUT", path: "/uploads/")
        let outcome = try await RegistryClient.forTests().upload(
            descriptor, from: path, to: ImageReference("\(guarded.host)/team/app:v1"))
        #expect(outcome == .uploaded)
        #expect(guarded.count("GET", "/token") == 2)
        #expect(guarded.requests.first { $0.path == "/token" }?.item("scope") == "repository:team/app:pull,push")
        #expect(guarded.hasBlob("team/app", descriptor.digest.description))
    }

    @Test func `an upload that is redirected takes no Authorization along`() async throws {
        let storage = TestRegistry()
        let guarded = TestRegistry(access: .basic(user: "u", password: "p"))
        guarded.inject(.redirect(to: "http://\(storage.host)"), method: "PUT", path: "/uploads/")
        storage.inject(.status(201), method: "PUT", path: "/uploads/")
        let client = RegistryClient.forTests(.basic(user: "u", password: Secret("p")))
        _ = try await client.upload(descriptor, from: path, to: ImageReference("\(guarded.host)/team/app:v1"))
        #expect(storage.uploadedBytes == content.count)
        #expect(storage.requests.allSatisfy { $0.authorization == nil })
    }

    @Test func `a file of another size is an error before anything is sent`() async throws {
        var descriptor = descriptor
        descriptor.size += 1
        let error = RegistryError.file(path: path.string, reason: "it is 3000000 bytes long, not 3000001")
        await #expect(throws: error) {
            try await RegistryClient.forTests().upload(descriptor, from: path, to: reference)
        }
        #expect(registry.uploadedBytes == 0)
    }

    @Test func `a file that is missing is an error with its path`() async throws {
        let missing = folder.path.appending("missing")
        let error = RegistryError.file(path: missing.string, reason: "open: No such file or directory")
        await #expect(throws: error) {
            try await RegistryClient.forTests().upload(descriptor, from: missing, to: reference)
        }
    }

    @Test func `tasks that push the same blob share one upload`() async throws {
        let client = RegistryClient.forTests()
        let outcomes = try await withThrowingTaskGroup(of: UploadOutcome.self) { group in
            for _ in 0..<8 { group.addTask { try await push(with: client) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 == .uploaded }.count == 1)
        #expect(outcomes.filter { $0 == .existed }.count == 7)
        #expect(registry.count("PUT") == 1)
    }

    @Test func `many blobs are pushed at once over few connections`() async throws {
        let image = try TestImage(layers: (1...20).map { noise(50_000, seed: $0) })
        try await image.push(to: reference, with: .forTests { $0.transfersPerHost = 3 })
        for blob in image.blobs { #expect(registry.hasBlob("team/app", blob.descriptor.digest.description)) }
        #expect(registry.count("PUT", "/blobs/") == 21)
    }

    @Test func `a push that is cancelled ends at once`() async throws {
        registry.inject(.hang, method: "PUT", path: "/uploads/")
        let task = Task { try await push() }
        while registry.count("PUT") == 0 { await Task.yield() }
        let took = await ContinuousClock().measure {
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        // A stall counts as a timeout only after 60 s; other tests keep the threads busy meanwhile.
        #expect(took < .seconds(20))
    }
}
