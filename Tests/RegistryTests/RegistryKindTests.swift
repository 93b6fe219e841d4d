import Foundation
import HTTP
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Registry

/// docker-registry in the ways it is run: open, with Basic authorization over TLS, behind a token server.
@Suite(.enabled(if: DockerRegistry.isInstalled)) struct RegistryKindTests {
    enum Kind: String, CaseIterable, Sendable { case open, basic, token }

    private let user = (name: "user", password: "pass:word ü")
    private let amd64 = Platform(os: "linux", architecture: "amd64")

    private func registry(_ kind: Kind, _ tokens: TestTokenServer?) throws -> DockerRegistry {
        switch kind {
        case .open: try DockerRegistry()
        case .basic: try DockerRegistry(.init(user: user, tls: true))
        case .token: try DockerRegistry(.init(tokens: tokens))
        }
    }

    private func client(_ kind: Kind, _ registry: DockerRegistry) -> RegistryClient {
        let credentials = kind == .open ? nil : Credentials.basic(user: user.name, password: Secret(user.password))
        return .forTests(credentials) {
            if kind == .basic { $0.hosts = [registry.host: .init(http: false, authorities: [registry.ca])] }
        }
    }

    @Test(arguments: Kind.allCases)
    func `everything works`(kind: Kind) async throws {
        let tokens = kind == .token ? try TestTokenServer(user: user) : nil
        let registry = try registry(kind, tokens)
        let client = client(kind, registry)
        let image = try TestImage(layers: [noise(300_000), noise(100_000, seed: 2)])
        let reference = try ImageReference("\(registry.host)/team/app:v1")
        try await image.push(to: reference, with: client)
        try await client.putManifest(image.manifest, mediaType: .imageManifest, to: reference.tagged("v2"))
        #expect(try await client.tags(of: reference) == ["v1", "v2"])
        let resolved = try await client.resolve(reference, platform: amd64)
        #expect(resolved.bytes == image.manifest)
        for layer in resolved.manifest.layers {
            #expect(Digest(of: try await client.bytes(of: layer, from: reference)) == layer.digest)
        }
        let other = try ImageReference("\(registry.host)/other:v1")
        #expect(try await client.mount(image.blobs[0].descriptor, from: reference, to: other))
        try await checkReferrers(of: image, reference, client)
        #expect(try await client.deleteManifest(reference))
        #expect(try await client.digest(of: reference) == nil)
        #expect(try await client.deleteBlob(image.blobs[0].descriptor.digest, in: other))
    }

    /// docker-registry has no lists of referrers: the fallback tag is used.
    private func checkReferrers(
        of image: TestImage, _ reference: ImageReference, _ client: RegistryClient
    ) async throws {
        var artifact = ImageManifest(config: image.blobs[0].descriptor, layers: [])
        artifact.artifactType = "application/test"
        artifact.subject = Descriptor(
            mediaType: .imageManifest, digest: image.digest, size: Int64(image.manifest.count))
        let bytes = try OCIDocument.encode(artifact)
        let name = reference.pinned(to: Digest(of: bytes))
        try await client.putManifest(bytes, mediaType: .imageManifest, to: name)
        let found = try await client.referrers(of: image.digest, in: reference)
        #expect(found.map(\.digest) == [Digest(of: bytes)])
    }

    @Test func `a token server on another host must speak HTTPS`() async throws {
        let tokens = try TestTokenServer(user: user)
        let registry = try DockerRegistry(.init(tls: true, tokens: tokens))
        let client = RegistryClient.forTests(.basic(user: user.name, password: Secret(user.password))) {
            $0.hosts = [registry.host: .init(http: false, authorities: [registry.ca])]
        }
        let reference = try ImageReference("\(registry.host)/app:v1")
        let error = await #expect(throws: RegistryError.self) { try await client.digest(of: reference) }
        guard case .insecureTokenServer = error else { return #expect(Bool(false), "\(error as Any)") }
        #expect(tokens.requests.isEmpty)
    }

    @Test func `who may only pull cannot push, and is told so at once`() async throws {
        let tokens = try TestTokenServer(user: user, letsAnyonePull: true)
        let registry = try DockerRegistry(.init(tokens: tokens))
        let clock = RecordingClock()
        let image = try TestImage(layers: [noise(1000)])
        let reference = try ImageReference("\(registry.host)/app:v1")
        try await image.push(to: reference, with: client(.token, registry))
        let anyone = RegistryClient.forTests(clock: clock)
        #expect(try await anyone.resolve(reference, platform: amd64).bytes == image.manifest)
        let error = await #expect(throws: RegistryError.self) {
            try await anyone.upload(image.blobs[0].descriptor, from: image.blobs[0].path, to: reference.tagged("v2"))
            try await anyone.putManifest(image.manifest, mediaType: .imageManifest, to: reference.tagged("v2"))
        }
        #expect(error?.isAuthorization == true)
        #expect(clock.pauses.isEmpty)
    }

    @Test(arguments: [false, true])
    func `small requests share an HTTP/2 connection, blobs have their own`(tls: Bool) async throws {
        let registry = try DockerRegistry(.init(tls: tls))
        let client = RegistryClient.forTests {
            if tls { $0.hosts = [registry.host: .init(http: false, authorities: [registry.ca])] }
        }
        let image = try TestImage(layers: (1...8).map { noise(100_000, seed: $0) })
        let reference = try ImageReference("\(registry.host)/app:v1")
        try await image.push(to: reference, with: client)
        func versions(_ method: String, _ path: String) -> Set<String> {
            let lines = registry.log.filter { $0.contains("\"\(method) /v2/app/\(path)") }
            return Set(lines.compactMap { line in line.firstMatch(of: /HTTP\/[0-9.]+/).map { String($0.output) } })
        }
        #expect(versions("HEAD", "blobs/") == [tls ? "HTTP/2.0" : "HTTP/1.1"])
        #expect(versions("PUT", "blobs/") == ["HTTP/1.1"])
    }

    @Test func `an upload that a proxy drops arrives`() async throws {
        let registry = try DockerRegistry(.init(tls: true))
        let port = try #require(Int(registry.host.drop { $0 != ":" }.dropFirst()))
        let proxy = TestProxy(target: port)
        let client = RegistryClient.forTests {
            $0.environment = NetworkEnvironment(variables: ["HTTPS_PROXY": proxy.address])
            $0.hosts = ["registry.test": .init(authorities: [registry.ca])]
        }
        let image = try TestImage(layers: [noise(3_000_000)])
        for _ in 0..<3 { proxy.dropNext(after: 1_500_000) }
        try await image.push(to: ImageReference("registry.test/app:v1"), with: client)
        #expect(try await client.digest(of: ImageReference("registry.test/app:v1")) == image.digest)
    }
}
