import Foundation
import HTTP
import OCI
import Synchronization
import SystemPackage
import TestSupport

@testable import Registry

/// A clock on which sleeping takes no time; it remembers how long it was slept.
final class RecordingClock: NetworkClock {
    private let state: Mutex<(now: Double, pauses: [Duration])>

    init(now: Double = 1_000_000) { state = Mutex((now, [])) }

    var secondsSince1970: Double { state.withLock { $0.now } }
    var pauses: [Duration] { state.withLock { $0.pauses } }

    func advance(by seconds: Double) { state.withLock { $0.now += seconds } }

    func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        state.withLock { state in
            state.pauses.append(duration)
            state.now += Double(duration.components.seconds)
        }
    }
}

/// The same credentials for every registry.
struct FixedCredentials: CredentialSource {
    let value: Credentials

    func credentials(registry: String, repository: String) -> Credentials? { value }
    func searched(for registry: String) -> [String] { ["/test/config.json"] }
}

/// Keeps what it gets in memory and remembers how it was called.
final class RecordingSink: BodySink {
    struct State: Sendable {
        var bytes: [UInt8] = []
        var count = 0
        var restarts = 0
        var isCommitted = false
        var isDiscarded = false
    }

    struct Full: Error, Equatable {}

    private let state = Mutex(State())
    private let keeps: Bool
    private let limit: Int

    /// After `limit` bytes it throws `Full`.
    init(keeps: Bool = true, limit: Int = .max) {
        self.keeps = keeps
        self.limit = limit
    }

    var seen: State { state.withLock { $0 } }
    var bytes: [UInt8] { seen.bytes }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        try state.withLock { state in
            if keeps { state.bytes.append(contentsOf: bytes) }
            state.count += bytes.count
            if state.count > limit { throw Full() }
        }
    }

    func restart() {
        state.withLock { state in
            state.bytes = []
            state.count = 0
            state.restarts += 1
        }
    }

    func commit() { state.withLock { $0.isCommitted = true } }
    func discard() { state.withLock { $0.isDiscarded = true } }
}

extension RegistryClient {
    /// A client for tests: no pauses, no jitter.
    static func forTests(
        _ credentials: Credentials? = nil, clock: RecordingClock = RecordingClock(),
        _ change: (inout RegistryConfiguration) -> Void = { _ in }
    ) -> RegistryClient {
        var configuration = RegistryConfiguration(
            credentials: credentials.map { FixedCredentials(value: $0) } ?? NoCredentials())
        configuration.clock = clock
        configuration.retry = RetryPolicy(random: { 1 })
        change(&configuration)
        return RegistryClient(configuration: configuration)
    }
}

/// A folder that is removed with its owner.
final class TemporaryFolder: Sendable {
    let path: FilePath

    init() throws {
        path = FilePath(NSTemporaryDirectory()).appending("registry-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path.string) }

    /// Writes a file; returns its path.
    func write(_ bytes: [UInt8], to name: String) throws -> FilePath {
        let file = path.appending(name)
        try Data(bytes).write(to: URL(fileURLWithPath: file.string))
        return file
    }

    func write(_ text: String, to name: String) throws -> FilePath { try write(Array(text.utf8), to: name) }
}

/// Bytes that do not compress and are the same each time.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    var bytes = [UInt8](repeating: 0, count: count)
    for index in stride(from: 0, to: count, by: 8) {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        withUnsafeBytes(of: state) { word in
            for offset in 0..<min(8, count - index) { bytes[index + offset] = word[offset] }
        }
    }
    return bytes
}

/// A small image: its blobs in files, and its manifest.
struct TestImage {
    let folder: TemporaryFolder
    var blobs: [(descriptor: Descriptor, path: FilePath)] = []
    var manifest: [UInt8] = []

    init(layers: [[UInt8]], platform: Platform = Platform(os: "linux", architecture: "amd64")) throws {
        folder = try TemporaryFolder()
        var config = ImageConfig(platform: platform)
        config.rootfs = .init(diffIDs: layers.map { Digest(of: $0) })
        var descriptors: [Descriptor] = []
        for layer in layers { descriptors.append(try add(layer, .layer)) }
        let document = ImageManifest(config: try add(OCIDocument.encode(config), .imageConfig), layers: descriptors)
        manifest = try OCIDocument.encode(document)
    }

    private mutating func add(_ bytes: [UInt8], _ type: MediaType) throws -> Descriptor {
        let descriptor = Descriptor(mediaType: type, digest: Digest(of: bytes), size: Int64(bytes.count))
        blobs.append((descriptor, try folder.write(bytes, to: descriptor.digest.hex)))
        return descriptor
    }

    var digest: Digest { Digest(of: manifest) }

    func push(to reference: ImageReference, with client: RegistryClient) async throws {
        try await client.upload(blobs, to: reference)
        try await client.putManifest(manifest, mediaType: .imageManifest, to: reference)
    }
}
