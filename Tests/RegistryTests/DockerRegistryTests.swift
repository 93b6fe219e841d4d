import Foundation
import HTTP
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Registry

/// Against Debian's docker-registry, with skopeo on the other side.
@Suite(.enabled(if: DockerRegistry.isInstalled)) struct DockerRegistryTests {
    private let amd64 = Platform(os: "linux", architecture: "amd64")
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// An image whose layers are real, so that skopeo converts it too.
    private func image() throws -> TestImage {
        var layers: [[UInt8]] = []
        for seed in 1...3 {
            let name = "file\(seed)"
            _ = try folder.write(noise(300_000, seed: UInt64(seed)), to: name)
            let archive = folder.path.appending("layer\(seed).tar").string
            try Tool.run("tar", "-cf", archive, "--mtime=@0", "-C", folder.path.string, name).checked()
            layers.append([UInt8](try read(FilePath(archive))))
        }
        return try TestImage(layers: layers)
    }

    private func pull(_ reference: ImageReference, with client: RegistryClient) async throws -> [[UInt8]] {
        let resolved = try await client.resolve(reference, platform: amd64)
        var contents = [try await client.bytes(of: resolved.manifest.config, from: reference)]
        for layer in resolved.manifest.layers { contents.append(try await client.bytes(of: layer, from: reference)) }
        return contents
    }

    @Test func `what we push skopeo reads, and what we pull is the same`() async throws {
        let registry = try DockerRegistry()
        let image = try image()
        let reference = try ImageReference("\(registry.host)/team/app:v1")
        let client = RegistryClient.forTests()
        try await image.push(to: reference, with: client)
        try await client.putManifest(image.manifest, mediaType: .imageManifest, to: reference.tagged("v2"))
        let inspected = try Tool.run("skopeo", "inspect", "--tls-verify=false", "docker://\(registry.host)/team/app:v2")
        #expect(try inspected.checked().output.contains(image.digest.description))
        let copy = folder.path.appending("copy")
        try Tool.run("skopeo", "copy", "--src-tls-verify=false", "docker://\(reference)", "dir:\(copy)").checked()
        for blob in image.blobs {
            #expect(try read(copy.appending(blob.descriptor.digest.hex)) == (try read(blob.path)))
        }
        #expect(Set(try await pull(reference, with: client)) == Set(try image.blobs.map { [UInt8](try read($0.path)) }))
        #expect(try await client.digest(of: reference) == image.digest)
    }

    @Test func `a second push sends no blob`() async throws {
        let registry = try DockerRegistry()
        let image = try image()
        let reference = try ImageReference("\(registry.host)/app:v1")
        try await image.push(to: reference, with: .forTests())
        func uploads() -> Int {
            registry.log.filter { $0.contains("\"PUT /v2/app/blobs/") || $0.contains("\"POST ") }.count
        }
        let before = uploads()
        #expect(before > 0)
        let client = RegistryClient.forTests()
        let outcomes = try await client.upload(image.blobs, to: reference)
        #expect(outcomes.allSatisfy { $0 == .existed })
        #expect(uploads() == before)
        let mounted = try await client.upload(image.blobs, to: ImageReference("\(registry.host)/other:v1"))
        #expect(mounted.allSatisfy { $0 == .mounted })
    }

    @Test(arguments: ["oci", "v2s2"])
    func `what skopeo pushes we pull`(format: String) async throws {
        let registry = try DockerRegistry()
        let image = try image()
        let ours = try ImageReference("\(registry.host)/a:v1")
        try await image.push(to: ours, with: .forTests())
        let theirs = try ImageReference("\(registry.host)/b:v1")
        try Tool.run(
            "skopeo", "copy", "--src-tls-verify=false", "--dest-tls-verify=false", "--format", format,
            "docker://\(ours)", "docker://\(theirs)"
        ).checked()
        let client = RegistryClient.forTests()
        let resolved = try await client.resolve(theirs, platform: amd64)
        #expect(resolved.mediaType == (format == "oci" ? .imageManifest : .dockerManifest))
        let contents = try await pull(theirs, with: client)
        let config = try OCIDocument.decode(ImageConfig.self, from: contents[0])
        #expect(config.rootfs.diffIDs.count == contents.count - 1)
        for (layer, descriptor) in zip(contents.dropFirst(), resolved.manifest.layers) {
            #expect(Digest(of: layer) == descriptor.digest)
        }
    }

    @Test func `an index that we push gives each platform its image`() async throws {
        let registry = try DockerRegistry()
        let client = RegistryClient.forTests()
        let reference = try ImageReference("\(registry.host)/multi:v1")
        var descriptors: [Descriptor] = []
        for name in ["amd64", "arm64"] {
            let platform = Platform(os: "linux", architecture: name)
            let image = try TestImage(layers: [Array(name.utf8)], platform: platform)
            try await image.push(to: reference.pinned(to: image.digest), with: client)
            descriptors.append(
                Descriptor(
                    mediaType: .imageManifest, digest: image.digest, size: Int64(image.manifest.count),
                    platform: platform))
        }
        let index = try OCIDocument.encode(ImageIndex(manifests: descriptors))
        try await client.putManifest(index, mediaType: .imageIndex, to: reference)
        for descriptor in descriptors {
            let platform = try #require(descriptor.platform)
            #expect(try await client.resolve(reference, platform: platform).descriptor.digest == descriptor.digest)
        }
        let copy = folder.path.appending("all")
        try Tool.run(
            "skopeo", "copy", "--all", "--src-tls-verify=false", "docker://\(reference)", "oci:\(copy):v1"
        ).checked()
    }

    @Test func `Basic credentials from a file open the door`() async throws {
        let registry = try DockerRegistry(.init(user: ("user", "pass word")))
        let auth = Data("user:pass word".utf8).base64EncodedString()
        let file = try folder.write(#"{"auths":{"\#(registry.host)":{"auth":"\#(auth)"}}}"#, to: "config.json")
        var configuration = RegistryConfiguration(credentials: CredentialChain([CredentialFiles(files: [file])]))
        configuration.clock = RecordingClock()
        let reference = try ImageReference("\(registry.host)/app:v1")
        let image = try image()
        try await image.push(to: reference, with: RegistryClient(configuration: configuration))
        let error = await #expect(throws: RegistryError.self) {
            try await RegistryClient.forTests().resolve(reference, platform: amd64)
        }
        #expect(error?.isAuthorization == true)
        try Tool.run(
            "skopeo", "inspect", "--tls-verify=false", "--creds", "user:pass word", "docker://\(reference)"
        ).checked()
    }

    @Test func `HTTPS with an authority of its own needs that authority`() async throws {
        let registry = try DockerRegistry(.init(tls: true))
        let reference = try ImageReference("\(registry.host)/app:v1")
        func client(_ host: RegistryConfiguration.Host) -> RegistryClient {
            .forTests { $0.hosts = [registry.host: host] }
        }
        let image = try image()
        try await image.push(to: reference, with: client(.init(http: false, authorities: [registry.ca])))
        let digest = try await client(.init(http: false, insecure: true)).digest(of: reference)
        #expect(digest == image.digest)
        let error = await #expect(throws: RegistryError.self) {
            try await client(.init(http: false)).digest(of: reference)
        }
        guard case .network(_, _, .certificate, _) = error else { return #expect(Bool(false), "\(error as Any)") }
    }

    @Test func `HTTPS to a registry that speaks HTTP says so at once`() async throws {
        let registry = try DockerRegistry()
        let clock = RecordingClock()
        let client = RegistryClient.forTests(clock: clock) { $0.hosts = [registry.host: .init(http: false)] }
        let error = await #expect(throws: RegistryError.self) {
            try await client.digest(of: ImageReference("\(registry.host)/app:v1"))
        }
        guard case .network(_, _, .notTLS, _) = error else { return #expect(Bool(false), "\(error as Any)") }
        #expect(clock.pauses.isEmpty)
    }

    @Test func `200 MB go there and back in little memory`() async throws {
        let registry = try DockerRegistry()
        let path = folder.path.appending("big")
        try Tool.run(
            "sh", "-c", "head -c 20000000 /dev/urandom > \(path) && truncate -s 200000000 \(path)"
        ).checked()
        let digest = try Tool.run("sha256sum", path.string).checked().output.prefix(64)
        let descriptor = Descriptor(mediaType: .layer, digest: try Digest("sha256:\(digest)"), size: 200_000_000)
        let reference = try ImageReference("\(registry.host)/big:v1")
        let client = RegistryClient.forTests()
        #expect(try await client.upload(descriptor, from: path, to: reference) == .uploaded)
        let sink = RecordingSink(keeps: false)
        let before = residentMegabytes()
        try await client.blob(descriptor, from: reference, into: sink)
        #expect(sink.seen.count == 200_000_000)
        // Other tests run in this process too; without backpressure or streaming it would be 200 more.
        #expect(residentMegabytes() - before < 100)
    }

    private func residentMegabytes() -> Int {
        let words = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
        return words.count > 1 ? (Int(words[1]) ?? 0) * 4096 / 1_000_000 : 0
    }
}

func read(_ path: FilePath) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path.string)) }
