import HTTP
import OCI
import Synchronization
import TestSupport
import Testing

@testable import Registry

/// `origin` is mirrored by `first` and `second`, each with a prefix.
@Suite struct MirrorTests {
    private let origin = TestRegistry()
    private let first = TestRegistry()
    private let second = TestRegistry()
    private let clock = RecordingClock()
    private let warnings = Warnings()
    private let image: TestImage
    private let amd64 = Platform(os: "linux", architecture: "amd64")

    private final class Warnings: Sendable {
        let texts = Mutex<[String]>([])
    }

    init() throws { image = try TestImage(layers: [noise(1000)]) }

    private var reference: ImageReference { get throws { try ImageReference("\(origin.host)/team/app:v1") } }

    private func add(_ image: TestImage, to registry: TestRegistry, _ repository: String) throws {
        registry.addManifest(image.manifest, mediaType: MediaType.imageManifest.rawValue, to: repository, tag: "v1")
        for blob in image.blobs { registry.addBlob([UInt8](try read(blob.path)), to: repository) }
    }

    private func client(fallsBack: Bool = true, _ credentials: Credentials? = nil) throws -> RegistryClient {
        let mirrors = try ["\(first.host)/m/one", second.host].map { try #require(RegistryMirror($0)) }
        return RegistryClient.forTests(credentials, clock: clock) { [warnings] in
            $0.hosts = [origin.host: .init(mirrors: mirrors, fallsBack: fallsBack)]
            $0.warn = { text in warnings.texts.withLock { $0.append(text) } }
        }
    }

    /// Manifest and layers; the layers are those that the image has.
    private func pull(with client: RegistryClient) async throws {
        let resolved = try await client.resolve(reference, platform: amd64)
        #expect(resolved.reference == (try reference.pinned(to: image.digest)))
        for (blob, descriptor) in zip(image.blobs, resolved.manifest.layers) {
            #expect(try await client.bytes(of: descriptor, from: resolved.reference) == [UInt8](read(blob.path)))
        }
    }

    @Test func `what the first mirror has comes from it`() async throws {
        try add(image, to: first, "m/one/team/app")
        try await pull(with: client())
        #expect(first.count("GET") == 2)
        #expect(second.requests.isEmpty && origin.requests.isEmpty)
        #expect(warnings.texts.withLock { $0 }.isEmpty)
    }

    @Test func `what it does not have comes from the next, and last from the registry`() async throws {
        try add(image, to: second, "team/app")
        try await pull(with: client())
        #expect(origin.requests.isEmpty)
        second.stop()
        try add(image, to: origin, "team/app")
        try await pull(with: client())
        #expect(origin.count("GET") == 2)
    }

    @Test(arguments: [404, 401, 403, 500, 503])
    func `a mirror that fails is passed over, with a word if that is not what mirrors do`(status: Int) async throws {
        try add(image, to: first, "m/one/team/app")
        try add(image, to: origin, "team/app")
        first.inject(.status(status), path: "/v2/", times: 99)
        try await pull(with: client())
        let texts = warnings.texts.withLock { $0 }
        #expect(texts.count == (status == 404 ? 0 : 1))
        #expect(texts.allSatisfy { $0.hasPrefix("the mirror \(first.host) is passed over: ") })
        #expect(clock.pauses.count <= 2)
    }

    @Test func `a mirror that cannot be reached is asked once`() async throws {
        try add(image, to: origin, "team/app")
        first.stop()
        let client = try client()
        try await pull(with: client)
        let pauses = clock.pauses.count
        #expect(pauses <= 2)
        try await pull(with: client)
        #expect(clock.pauses.count == pauses)
    }

    @Test(arguments: [TestRegistry.Fault.corrupt, .truncate(to: 10), .dropAnswer(after: 10)])
    func `a mirror that lies is not believed`(fault: TestRegistry.Fault) async throws {
        try add(image, to: first, "m/one/team/app")
        try add(image, to: origin, "team/app")
        first.inject(fault, path: "/blobs/", times: 99)
        try await pull(with: client())
        #expect(origin.count("GET", "/blobs/") == 1)
    }

    @Test func `a manifest of another digest is not believed`() async throws {
        let other = try TestImage(layers: [noise(5)])
        try add(image, to: origin, "team/app")
        first.inject(
            .status(
                200, headers: ["Content-Type": MediaType.imageManifest.rawValue],
                body: String(decoding: other.manifest, as: UTF8.self)),
            path: "/manifests/", times: 9)
        let pinned = try reference.pinned(to: image.digest)
        #expect(try await client().resolve(pinned, platform: amd64).bytes == image.manifest)
    }

    @Test func `without fallback the registry itself is never asked`() async throws {
        try add(image, to: origin, "team/app")
        let error = await #expect(throws: RegistryError.self) {
            try await client(fallsBack: false).resolve(reference, platform: amd64)
        }
        #expect(error?.isNotFound == true)
        #expect(origin.requests.isEmpty)
        #expect("\(error as Any)".contains(first.host) && "\(error as Any)".contains(second.host))
    }

    @Test func `pushes and tags are for the registry itself`() async throws {
        let client = try client()
        try await image.push(to: reference, with: client)
        #expect(try await client.digest(of: reference) == image.digest)
        #expect(try await client.tags(of: reference) == ["v1"])
        #expect(first.requests.isEmpty && second.requests.isEmpty)
    }

    @Test func `what a tag is for pulls is what the mirrors say`() async throws {
        #expect(try await client(fallsBack: false).pullDigest(of: reference) == nil)
        try add(image, to: second, "team/app")
        #expect(try await client(fallsBack: false).pullDigest(of: reference) == image.digest)
        #expect(origin.requests.isEmpty)
        #expect(second.count("GET") == 0)
    }

    @Test func `credentials of the registry do not go to its mirrors`() async throws {
        let credentials = PerRegistry(registry: origin.host)
        try add(image, to: origin, "team/app")
        first.inject(.status(401, headers: ["WWW-Authenticate": "Basic realm=x"]), path: "/v2/", times: 9)
        let mirror = try #require(RegistryMirror(first.host))
        var configuration = RegistryConfiguration(credentials: credentials)
        configuration.hosts = [origin.host: .init(mirrors: [mirror])]
        _ = try await RegistryClient(configuration: configuration).resolve(reference, platform: amd64)
        #expect(first.requests.allSatisfy { $0.authorization == nil })
    }

    private struct PerRegistry: CredentialSource {
        let registry: String
        func searched(for registry: String) -> [String] { [] }
        func forget(registry: String, repository: String) {}
        func credentials(registry: String, repository: String) -> Credentials? {
            registry == self.registry ? .basic(user: "u", password: Secret("p")) : nil
        }
    }

    @Test func `what came from a mirror on the same registry can be mounted`() async throws {
        try add(image, to: first, "m/one/team/app")
        let client = try client()
        _ = try await client.resolve(reference, platform: amd64)
        let target = try ImageReference("\(first.host)/own:v1")
        let outcomes = try await client.upload(image.blobs, to: target)
        #expect(outcomes.allSatisfy { $0 == .mounted })
        #expect(first.requests.last?.item("from") == "m/one/team/app")
    }

    @Test(
        arguments: [
            ("m.example.com", "m.example.com/library/debian:12"),
            ("m.example.com:5000/hub/", "m.example.com:5000/hub/library/debian:12"),
            ("http://localhost/a/b", "localhost/a/b/library/debian:12"),
            ("https://m.example.com", "m.example.com/library/debian:12"),
            ("mirror", nil), ("", nil), ("m.example.com/UPPER", nil), ("m.example.com/a:b", nil),
            ("ftp://m.example.com", nil), ("m.example.com/a@b", nil),
        ] as [(String, String?)])
    func `a mirror is a host and a prefix`(text: String, name: String?) throws {
        let debian = try ImageReference("debian:12")
        let mirrored = RegistryMirror(text)?.name(of: debian)
        #expect(mirrored.map { "\($0.name):12" } == name)
    }
}
