import OCI
import TestSupport
import Testing

@testable import Registry

@Suite struct ReferrerTests {
    private let registry = TestRegistry()
    private let client = RegistryClient.forTests()
    private let image: TestImage

    init() throws { image = try TestImage(layers: [noise(10)]) }

    private var reference: ImageReference { get throws { try ImageReference("\(registry.host)/app:v1") } }

    /// A manifest that says something about the image.
    private func artifact(_ type: String, _ number: Int) throws -> [UInt8] {
        var manifest = ImageManifest(
            config: Descriptor(mediaType: MediaType(rawValue: "application/\(type)"), digest: Digest(of: []), size: 0),
            layers: [], annotations: ["number": "\(number)"])
        manifest.artifactType = "application/\(type)"
        manifest.subject = Descriptor(
            mediaType: .imageManifest, digest: image.digest, size: Int64(image.manifest.count))
        return try OCIDocument.encode(manifest)
    }

    private func push(_ artifact: [UInt8]) async throws {
        let reference = try reference.pinned(to: Digest(of: artifact))
        try await client.putManifest(artifact, mediaType: .imageManifest, to: reference)
    }

    @Test(arguments: [true, false], [2, 100])
    func `what refers to an image is found, all of it and by type`(hasAPI: Bool, pageSize: Int) async throws {
        registry.setManner {
            $0.hasReferrers = hasAPI
            $0.pageSize = pageSize
        }
        for number in 1...5 { try await push(artifact(number == 3 ? "signature" : "sbom", number)) }
        let all = try await client.referrers(of: image.digest, in: reference)
        #expect(all.count == 5)
        let signatures = try await client.referrers(
            of: image.digest, in: reference, artifactType: "application/signature")
        #expect(signatures.map(\.digest) == [Digest(of: try artifact("signature", 3))])
        let tag = "sha256-\(image.digest.hex)"
        #expect((registry.manifest("app", tag) != nil) == !hasAPI)
    }

    @Test func `the fallback index says what the specification asks for, once`() async throws {
        let artifact = try artifact("sbom", 1)
        try await push(artifact)
        try await push(artifact)
        let bytes = try #require(registry.manifest("app", "sha256-\(image.digest.hex)"))
        let index = try OCIDocument.decode(ImageIndex.self, from: bytes)
        let entry = try #require(index.manifests.first)
        #expect(index.manifests.count == 1)
        #expect(entry.artifactType == "application/sbom")
        #expect(entry.annotations == ["number": "1"])
        #expect(entry.size == Int64(artifact.count))
    }

    @Test func `artifacts pushed at the same time are all in the fallback index`() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...8 { group.addTask { try await push(artifact("sbom", number)) } }
            try await group.waitForAll()
        }
        #expect(try await client.referrers(of: image.digest, in: reference).count == 8)
    }

    @Test func `an image that nothing refers to has no referrers`() async throws {
        #expect(try await client.referrers(of: image.digest, in: reference) == [])
    }

    @Test func `the raw manifest is what is stored, an index too`() async throws {
        let index = try OCIDocument.encode(ImageIndex(manifests: []))
        registry.addManifest(index, mediaType: MediaType.imageIndex.rawValue, to: "app", tag: "v1")
        let raw = try await client.rawManifest(reference)
        #expect(raw.bytes == index)
        #expect(raw.mediaType == .imageIndex)
        #expect(raw.digest == Digest(of: index))
    }
}
