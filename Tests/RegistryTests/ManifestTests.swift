import OCI
import TestSupport
import Testing

@testable import Registry

@Suite struct ManifestTests {
    private let registry = TestRegistry()
    private let client = RegistryClient.forTests()
    private let amd64 = Platform(os: "linux", architecture: "amd64")

    private func reference(_ name: String = "v1") throws -> ImageReference {
        try ImageReference("\(registry.host)/app\(name.contains(":") ? "@" : ":")\(name)")
    }

    private func addIndex(_ platforms: [Platform], tag: String) throws -> [Digest] {
        let digests = try platforms.map { platform in
            let image = try TestImage(layers: [Array("\(platform)".utf8)], platform: platform)
            registry.addManifest(image.manifest, mediaType: MediaType.imageManifest.rawValue, to: "app")
            return image.digest
        }
        let descriptors = zip(digests, platforms).map {
            Descriptor(mediaType: .imageManifest, digest: $0, size: 1, platform: $1)
        }
        let index = try OCIDocument.encode(ImageIndex(manifests: descriptors))
        registry.addManifest(index, mediaType: MediaType.imageIndex.rawValue, to: "app", tag: tag)
        return digests
    }

    @Test func `a tag is resolved to bytes, digest and layers`() async throws {
        let image = try TestImage(layers: [noise(10), noise(20)])
        registry.addManifest(image.manifest, mediaType: MediaType.imageManifest.rawValue, to: "app", tag: "v1")
        let resolved = try await client.resolve(reference(), platform: amd64)
        #expect(resolved.bytes == image.manifest)
        #expect(resolved.reference == (try reference("\(image.digest)")))
        #expect(resolved.descriptor.size == Int64(image.manifest.count))
        #expect(resolved.manifest.layers.count == 2)
        #expect(try await client.resolve(reference("\(image.digest)"), platform: amd64) == resolved)
    }

    @Test func `an index gives the manifest of the platform`() async throws {
        let arm = Platform(os: "linux", architecture: "arm64")
        let digests = try addIndex([arm, amd64, Platform(os: "unknown", architecture: "unknown")], tag: "v1")
        let resolved = try await client.resolve(reference(), platform: amd64)
        #expect(resolved.descriptor.digest == digests[1])
        #expect(try await client.resolve(reference(), platform: arm).descriptor.digest == digests[0])
    }

    @Test func `a platform that is missing is an error with those there are`() async throws {
        let arm = Platform(os: "linux", architecture: "arm", variant: "v7")
        _ = try addIndex([arm, Platform(os: "unknown", architecture: "unknown")], tag: "v1")
        let error = RegistryError.noSuchPlatform(
            reference: try reference().description, wanted: amd64, available: [arm])
        await #expect(throws: error) { try await client.resolve(reference(), platform: amd64) }
        #expect("\(error)".hasSuffix("has no image for linux/amd64; it has linux/arm/v7"))
    }

    @Test func `schema 1 is an error that says so`() async throws {
        let type = "application/vnd.docker.distribution.manifest.v1+prettyjws"
        registry.addManifest(Array(#"{"schemaVersion":1,"name":"app"}"#.utf8), mediaType: type, to: "app", tag: "v1")
        await #expect(
            throws: RegistryError.unsupportedManifest(reference: try reference().description, mediaType: type)
        ) { try await client.resolve(reference(), platform: amd64) }
    }

    @Test(arguments: ["", "[]", "{", "{\"schemaVersion\":2,\"mediaType\":\"\(MediaType.imageManifest.rawValue)\"}"])
    func `what is no manifest is an error`(text: String) async throws {
        registry.addManifest(Array(text.utf8), mediaType: "application/json", to: "app", tag: "v1")
        let error = await #expect(throws: RegistryError.self) { try await client.resolve(reference(), platform: amd64) }
        guard case .invalidManifest = error else { return #expect(Bool(false), "\(error as Any)") }
    }

    @Test func `a manifest without media type is known by its members`() async throws {
        var document = ImageManifest(
            config: Descriptor(mediaType: .imageConfig, digest: Digest(of: []), size: 0), layers: [])
        document.mediaType = nil
        let bytes = try OCIDocument.encode(document)
        registry.addManifest(bytes, mediaType: "application/json", to: "app", tag: "v1")
        #expect(try await client.resolve(reference(), platform: amd64).mediaType == .imageManifest)
    }

    @Test func `a manifest with other bytes than its digest says is refused`() async throws {
        let image = try TestImage(layers: [])
        registry.addManifest(image.manifest, mediaType: MediaType.imageManifest.rawValue, to: "app", tag: "v1")
        registry.inject(.corrupt, path: "/manifests/", times: 9)
        let error = await #expect(throws: RegistryError.self) {
            try await client.resolve(reference("\(image.digest)"), platform: amd64)
        }
        guard case .digestMismatch(_, image.digest, _) = error else { return #expect(Bool(false), "\(error as Any)") }
        #expect(registry.count("GET") == 2)
    }

    @Test func `a manifest larger than the limit is refused`() async throws {
        registry.addManifest(noise(5 << 20), mediaType: MediaType.imageManifest.rawValue, to: "app", tag: "v1")
        await #expect(
            throws: RegistryError.tooLarge(operation: "pull of \(try reference())", limit: 4 << 20)
        ) { try await client.resolve(reference(), platform: amd64) }
    }

    @Test func `a manifest is stored by tag and by digest`() async throws {
        let bytes = try TestImage(layers: []).manifest
        let digest = Digest(of: bytes)
        #expect(try await client.putManifest(bytes, mediaType: .imageManifest, to: reference("v2")) == digest)
        try await client.putManifest(bytes, mediaType: .imageManifest, to: reference("\(digest)"))
        #expect(registry.manifest("app", "v2") == bytes)
        #expect(registry.requests.map(\.path) == ["/v2/app/manifests/v2", "/v2/app/manifests/\(digest)"])
        #expect(try await client.digest(of: reference("v2")) == digest)
        #expect(try await client.digest(of: reference("v3")) == nil)
    }

    @Test func `an error's text has the registry's own words and no control characters`() async throws {
        let body = #"{"errors":[{"code":"DENIED","message":"no\u001b[31m way"}]}"#
        registry.inject(.status(403, body: body), path: "/manifests/")
        let error = await #expect(throws: RegistryError.self) { try await client.resolve(reference(), platform: amd64) }
        let url = "http://\(registry.host)/v2/app/manifests/v1"
        #expect(error.map { "\($0)" } == "pull of \(try reference()): \(url): HTTP 403: DENIED: no[31m way")
        #expect(error?.isAuthorization == true && error?.isTemporary == false)
    }
}
