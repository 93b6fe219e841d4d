import HTTP
import OCI
import TestSupport
import Testing

@testable import Registry

@Suite struct PullTests {
    private let registry = TestRegistry()
    private let clock = RecordingClock()
    /// Made once: without optimisation it takes a second.
    private static let noisy = noise(3_000_000)
    private let content = Self.noisy

    private var reference: ImageReference { get throws { try ImageReference("\(registry.host)/team/app:v1") } }
    private var descriptor: Descriptor {
        Descriptor(mediaType: .layer, digest: Digest(of: content), size: Int64(content.count))
    }

    private func pull(_ sink: RecordingSink = RecordingSink()) async throws -> RecordingSink {
        let client = RegistryClient.forTests(clock: clock)
        try await client.blob(descriptor, from: reference, into: sink)
        return sink
    }

    @Test func `a blob arrives whole and is committed`() async throws {
        registry.addBlob(content, to: "team/app")
        let sink = try await pull()
        #expect(sink.bytes == content)
        #expect(sink.seen.isCommitted && !sink.seen.isDiscarded)
    }

    @Test func `an empty blob is a blob`() async throws {
        registry.addBlob([], to: "team/app")
        let empty = Descriptor(mediaType: .layer, digest: Digest(of: []), size: 0)
        #expect(try await RegistryClient.forTests().bytes(of: empty, from: reference) == [])
    }

    @Test func `a dropped connection goes on where it broke off`() async throws {
        registry.addBlob(content, to: "team/app")
        registry.inject(.dropAnswer(after: 1_000_000), path: "/blobs/")
        registry.inject(.dropAnswer(after: 500_000), path: "/blobs/")
        let sink = try await pull()
        #expect(sink.bytes == content)
        #expect(sink.seen.restarts == 0)
        let ranges = registry.requests.map { $0.headers["range"] }
        #expect(ranges[0] == nil)
        #expect(ranges.count == 3 && ranges[1] != nil && ranges[2] != nil)
        #expect(clock.pauses == [.milliseconds(500), .seconds(1)])
    }

    @Test func `a server without ranges is read again from the start`() async throws {
        registry.addBlob(content, to: "team/app")
        registry.inject(.dropAnswer(after: 1_000_000), path: "/blobs/")
        registry.inject(.ignoreRange, path: "/blobs/")
        let sink = try await pull()
        #expect(sink.bytes == content)
    }

    @Test func `a body that is cut short is asked for again`() async throws {
        registry.addBlob(content, to: "team/app")
        registry.inject(.truncate(to: 1000), path: "/blobs/")
        let sink = try await pull()
        #expect(sink.bytes == content)
    }

    @Test func `wrong bytes are asked for once more`() async throws {
        registry.addBlob(content, to: "team/app")
        registry.inject(.corrupt, path: "/blobs/")
        let sink = try await pull()
        #expect(sink.bytes == content)
        #expect(sink.seen.restarts == 1)
    }

    @Test func `bytes that stay wrong are an error with both digests`() async throws {
        registry.addBlob(content, to: "team/app")
        registry.inject(.corrupt, path: "/blobs/", times: 9)
        var wrong = content
        wrong[wrong.count - 1] ^= 1
        let sink = RecordingSink()
        await #expect(
            throws: RegistryError.digestMismatch(
                operation: "pull of blob \(descriptor.digest) of \(try reference)", expected: descriptor.digest,
                actual: Digest(of: wrong))
        ) { try await pull(sink) }
        #expect(registry.count("GET") == 2)
        #expect(sink.seen.isDiscarded && !sink.seen.isCommitted)
    }

    @Test func `a body longer than its descriptor says is refused at once`() async throws {
        registry.addZeros(1 << 30, digest: descriptor.digest.description, to: "team/app")
        let error = await #expect(throws: RegistryError.self) { try await pull() }
        guard case .sizeMismatch(_, let expected, let actual) = error else {
            return #expect(Bool(false), "\(error as Any)")
        }
        #expect(expected == descriptor.size)
        #expect(actual < descriptor.size + 1 << 20)
        #expect(registry.count("GET") == 1)
    }

    @Test func `one that waits tries its own place when another's fails`() async throws {
        let broken = TestRegistry()
        broken.inject(.status(403), path: "/blobs/", times: 99)
        registry.addBlob(content, to: "team/app")
        let (client, own, sink, gate) = (RegistryClient.forTests(clock: clock), try reference, RecordingSink(), Gate())
        let other = try ImageReference("\(broken.host)/team/app:v1")
        let descriptor = descriptor
        async let failing: Bool = client.downloads.run(descriptor.digest) {
            await gate.wait()
            let error: any Error = RegistryError.invalidRegistry("other")
            return Download(reference: other, result: .failure(error))
        }.isOwn
        while !client.downloads.isRunning(descriptor.digest) { await Task.yield() }
        let same = Task {
            try await client.fetchBlob(
                descriptor, from: other, unless: { sink.seen.isCommitted }, into: { RecordingSink() })
        }
        async let fetched: Bool = client.fetchBlob(
            descriptor, from: own, unless: { sink.seen.isCommitted }, into: { sink })
        while client.downloads.waiting(descriptor.digest) < 2 { await Task.yield() }
        gate.open()
        #expect(try await failing)
        #expect(try await fetched)
        #expect(sink.bytes == content)
        await #expect(throws: RegistryError.invalidRegistry("other")) { try await same.value }
        #expect(broken.requests.isEmpty)
    }

    @Test func `what the sink throws reaches the caller`() async throws {
        registry.addBlob(content, to: "team/app")
        let sink = RecordingSink(limit: 100_000)
        await #expect(throws: RecordingSink.Full()) { try await pull(sink) }
        #expect(sink.seen.isDiscarded)
        #expect(registry.count("GET") == 1)
    }

    @Test func `Retry-After is waited for`() async throws {
        registry.addBlob(content, to: "team/app")
        registry.inject(.status(429, headers: ["Retry-After": "7"]), path: "/blobs/")
        _ = try await pull()
        #expect(clock.pauses == [.seconds(7)])
    }

    @Test func `server errors are retried until the attempts are used up`() async throws {
        registry.inject(
            .status(500, body: #"{"errors":[{"code":"UNKNOWN","message":"disk"}]}"#), path: "/blobs/", times: 99)
        let url = "http://\(registry.host)/v2/team/app/blobs/\(descriptor.digest)"
        let last = RegistryError.status(
            operation: "pull of blob \(descriptor.digest) of \(try reference)", url: url, status: 500,
            errors: [.init(code: "UNKNOWN", message: "disk")], retryAfter: nil)
        await #expect(throws: RegistryError.gaveUp(attempts: 5, last: last)) { try await pull() }
        #expect(clock.pauses == [.milliseconds(500), .seconds(1), .seconds(2), .seconds(4)])
    }

    @Test func `what is not there is not asked for again`() async throws {
        let error = await #expect(throws: RegistryError.self) { try await pull() }
        #expect(error?.isNotFound == true)
        #expect(registry.count("GET") == 1)
    }

    @Test func `a redirect to another host is followed without Authorization`() async throws {
        let storage = TestRegistry()
        storage.addBlob(content, to: "team/app")
        let guarded = TestRegistry(access: .basic(user: "u", password: "p"))
        guarded.inject(.status(401, headers: ["WWW-Authenticate": "Basic realm=x"]), path: "/blobs/")
        guarded.inject(.redirect(to: "http://\(storage.host)"), path: "/blobs/")
        let client = RegistryClient.forTests(.basic(user: "u", password: Secret("p")))
        let sink = RecordingSink()
        try await client.blob(descriptor, from: ImageReference("\(guarded.host)/team/app:v1"), into: sink)
        #expect(sink.bytes == content)
        #expect(guarded.requests.last?.authorization != nil)
        #expect(storage.requests.count == 1)
        #expect(storage.requests.allSatisfy { $0.authorization == nil })
    }

    @Test func `redirects in a circle end`() async throws {
        registry.inject(.redirect(to: "http://\(registry.host)"), path: "/blobs/", times: 99)
        let url = "http://\(registry.host)/v2/team/app/blobs/\(descriptor.digest)"
        await #expect(
            throws: RegistryError.tooManyRedirects(
                operation: "pull of blob \(descriptor.digest) of \(try reference)", url: url)
        ) { try await pull() }
    }

    @Test func `a stalled transfer ends at once when the task is cancelled`() async throws {
        registry.addBlob(content, to: "team/app")
        registry.inject(.stall(after: 1000), path: "/blobs/")
        let sink = RecordingSink()
        let task = Task { try await pull(sink) }
        while sink.seen.count == 0 { await Task.yield() }
        let clock = ContinuousClock()
        let took = await clock.measure {
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        // A stall counts as a timeout only after 60 s; other tests keep the threads busy meanwhile.
        #expect(took < .seconds(20))
        #expect(sink.seen.isDiscarded)
    }

    @Test func `a stalled transfer is a timeout`() async throws {
        registry.addBlob(content, to: "team/app")
        registry.inject(.stall(after: 1_500_000), path: "/blobs/")
        let client = RegistryClient.forTests(clock: clock) { $0.stallTimeout = .seconds(1) }
        let sink = RecordingSink()
        try await client.blob(descriptor, from: reference, into: sink)
        #expect(sink.bytes == content)
        #expect(registry.count("GET") == 2)
    }

    @Test func `tasks that want the same blob download it once`() async throws {
        registry.addBlob(content, to: "team/app")
        let client = RegistryClient.forTests()
        let sink = RecordingSink()
        let downloads = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { [descriptor, reference = try reference] in
                    try await client.fetchBlob(
                        descriptor, from: reference, unless: { sink.seen.isCommitted }, into: { sink })
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(downloads.filter { $0 }.count == 1)
        #expect(registry.count("GET") == 1)
        #expect(sink.bytes == content)
    }

    @Test func `nothing listens there`() async throws {
        registry.stop()
        let error = await #expect(throws: RegistryError.self) { try await pull() }
        guard case .gaveUp(5, .network(_, _, .connection, _)) = error else {
            return #expect(Bool(false), "\(error as Any)")
        }
    }
}
