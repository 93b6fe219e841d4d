import Export
import FileSystem
import Jobs
import OCI
import Planning
import Storage
import SystemPackage
import Testing

@testable import Scheduler

extension FakeExecutor {
    /// Puts an image into the store and says so, as an executor does.
    func finish(layers: [[UInt8]]) {
        do {
            let blobs = try BlobStore(StateFolder(FilePath(job.stateFolder)))
            let descriptors = try layers.map { bytes in
                Descriptor(mediaType: .layerGzip, digest: try blobs.write(bytes), size: Int64(bytes.count))
            }
            let config = try blobs.write(Array("config of \(job.image)".utf8))
            var result = JobResult.sample(of: job.image, layers: descriptors)
            result.config = Descriptor(
                mediaType: .imageConfig, digest: config, size: Int64("config of \(job.image)".utf8.count))
            let manifest = try OCIDocument.encode(ImageManifest(config: result.config, layers: descriptors))
            result.manifest = Descriptor(
                mediaType: .imageManifest, digest: try blobs.write(manifest), size: Int64(manifest.count))
            for (layer, diffID) in zip(descriptors, result.diffIDs) {
                send(.layer(LayerCommitted(descriptor: layer, diffID: diffID)))
            }
            send(.finished(result))
        } catch {
            send(.failed(JobFailure(class: .internal, message: "\(error)", summary: "\(error)")))
        }
    }
}

@Suite(.timeLimit(.minutes(10))) struct PublisherTests {
    private let layer: [UInt8] = [1, 2, 3]

    private func batch(_ image: TestImage, _ others: [TestImage] = []) throws -> TestBatch {
        let layer = layer
        return try TestBatch([image] + others, scripts: [image.name: { $0.finish(layers: [layer]) }])
    }

    @Test func `blobs are sent once, then each tag is set and written down`() async throws {
        let batch = try batch(TestImage(name: "a", tags: ["localhost:5000/x/a:1", "localhost:5000/x/a:latest"]))
        #expect(try await batch.run() == ["a built"])
        let config = Digest(of: Array("config of a".utf8))
        #expect(
            batch.registry.log
                == [
                    "put localhost:5000/x/a:1", "put localhost:5000/x/a:latest",
                    "send \(Digest(of: layer).short) to localhost:5000/x/a",
                    "send \(config.short) to localhost:5000/x/a",
                ].sorted())
        let outcome = try #require(batch.journal.outcomes.first)
        #expect(outcome.tags == ["localhost:5000/x/a:1", "localhost:5000/x/a:latest"])
        let digests = Set(batch.registry.tags.values)
        #expect(digests == [try #require(outcome.digest)])
        #expect(
            batch.journal.lines.filter { $0.hasPrefix("tag") } == [
                "tag localhost:5000/x/a:1 BUILD1", "tag localhost:5000/x/a:latest BUILD1",
            ])
    }

    @Test func `a name of the local store is written down and not pushed`() async throws {
        let batch = try batch(TestImage(name: "a", tags: ["a"]))
        #expect(try await batch.run() == ["a built"])
        #expect(batch.registry.log.isEmpty)
        #expect(batch.journal.lines.filter { $0.hasPrefix("tag") } == ["tag a:latest BUILD1"])
    }

    @Test func `an image that was not asked for stays in the store`() async throws {
        let batch = try batch(TestImage(name: "a", tags: ["localhost:5000/a:1"], isSelected: false))
        #expect(try await batch.run() == ["a built"])
        #expect(batch.registry.log.isEmpty)
    }

    @Test func `a tag that is right is left alone`() async throws {
        let first = try batch(TestImage(name: "a", tags: ["localhost:5000/a:1"]))
        _ = try await first.run()
        let digest = try #require(first.journal.outcomes.first?.digest)
        let second = try batch(TestImage(name: "a", tags: ["localhost:5000/a:1"]))
        second.registry.setTag(try ImageReference("localhost:5000/a:1"), digest)
        #expect(try await second.run() == ["a built"])
        #expect(second.registry.log.filter { $0.hasPrefix("put") }.isEmpty)
        #expect(second.journal.lines.filter { $0.hasPrefix("tag") }.isEmpty)
    }

    @Test func `an immutable tag is not moved, and nothing else is either`() async throws {
        let image = TestImage(name: "a", tags: ["localhost:5000/a:0", "localhost:5000/a:1"], immutable: true)
        let batch = try batch(image)
        let old = Digest(of: [0])
        batch.registry.setTag(try ImageReference("localhost:5000/a:1"), old)
        #expect(try await batch.run() == ["a failed"])
        let error = try #require(batch.journal.outcomes.first?.error)
        #expect(error.message.hasPrefix("localhost:5000/a:1 is immutable and already is \(old), not sha256:"))
        #expect(batch.registry.log.filter { $0.hasPrefix("put") }.isEmpty)
    }

    @Test func `a push that fails for good fails its image, not its children`() async throws {
        let batch = try batch(
            TestImage(name: "a", tags: ["localhost:5000/a:1"]), [TestImage(name: "b", parents: ["a"])])
        batch.registry.failNextPuts([JobFailure(class: .registry, message: "denied", summary: "denied")])
        #expect(try await batch.run() == ["a failed", "b built"])
    }

    @Test func `a push that fails for a moment is tried again without another build`() async throws {
        let batch = try batch(
            TestImage(
                name: "a", tags: ["localhost:5000/a:1"], retry: RetryRule(attempts: 2, causes: [.registry])))
        batch.registry.failNextPuts([
            JobFailure(class: .registry, message: "503", summary: "503", isTemporary: true)
        ])
        async let outcomes = batch.run()
        await batch.clock.sleeper(until: .seconds(2))
        batch.clock.advance(to: .seconds(2))
        #expect(try await outcomes == ["a built"])
        #expect(batch.launcher.jobs.count == 1)
        #expect(batch.journal.lines.contains("record retry a #2 BUILD1"))
    }

    @Test(arguments: ["docker.io/library/debian:12", "localhost:5000/debian:12"])
    func `layers of the base that no build needed are fetched for the push, or mounted`(name: String) async throws {
        let base = try ImageReference(name)
        let batch = try TestBatch(
            [TestImage(name: "a", tags: ["localhost:5000/a:1"])],
            scripts: [
                "a": { executor in
                    guard case .resolved(let image) = executor.ask(.resolve(base, .host)),
                        let blobs = try? BlobStore(StateFolder(FilePath(executor.job.stateFolder))),
                        let bytes = try? OCIDocument.encode(ImageManifest(config: image.config, layers: image.layers)),
                        let digest = try? blobs.write(bytes)
                    else { return }
                    var result = JobResult.sample(of: "a", layers: image.layers)
                    result.config = image.config
                    result.manifest = Descriptor(mediaType: .imageManifest, digest: digest, size: Int64(bytes.count))
                    executor.send(.finished(result))
                }
            ])
        let manifest = try batch.registry.add(base, layers: [[7]])
        #expect(try await batch.run() == ["a built"])
        let layer = manifest.layers[0].digest.short
        let isMounted = base.registry == "localhost:5000"
        #expect(batch.registry.log.contains("mount \(layer) into localhost:5000/a") == isMounted)
        #expect(batch.registry.log.contains("fetch \(layer)") != isMounted)
        #expect(batch.registry.log.contains("send \(layer) to localhost:5000/a") != isMounted)
    }

    @Test func `images that write one layout do not disturb each other`() async throws {
        let folder = "/tmp/scheduler-layout-\(UInt64.random(in: 0 ... .max))"
        defer { try? OpenFile.open("/tmp", [.read, .directory]).removeTree(FileName(String(folder.dropFirst(5)))) }
        let images = (0..<6).map { TestImage(name: "i\($0)", tags: ["i\($0):t\($0)"], outputs: [.oci(folder)]) }
        let layer = layer
        let batch = try TestBatch(
            images,
            scripts: Dictionary(
                uniqueKeysWithValues: images.map { image in (image.name, { @Sendable in $0.finish(layers: [layer]) }) }),
            slots: 6)
        #expect(try await batch.run() == images.map { "\($0.name) built" })
        let file = try OpenFile.open("\(folder)/index.json", [.read])
        let bytes = try #require(try file.readAll(limit: 1 << 20))
        let index = try OCIDocument.decode(ImageIndex.self, from: bytes)
        let names = index.manifests.compactMap { $0.annotations?["org.opencontainers.image.ref.name"] }
        #expect(names.sorted() == (0..<6).map { "t\($0)" })
    }

    @Test func `a file that cannot be written fails the image`() async throws {
        let image = TestImage(name: "a", tags: ["a:1"], outputs: [.ociArchive("/proc/nowhere/a.tar")])
        let batch = try batch(image)
        #expect(try await batch.run() == ["a failed"])
        #expect(batch.journal.outcomes.first?.error?.class == .host)
        #expect(batch.journal.lines.filter { $0.hasPrefix("tag") }.isEmpty)
    }

    @Test func `an archive that nobody wants any more leaves nothing`() throws {
        let folder = "/tmp/scheduler-archive-\(UInt64.random(in: 0 ... .max))"
        defer { try? OpenFile.open("/tmp", [.read, .directory]).removeTree(FileName(String(folder.dropFirst(5)))) }
        let batch = try TestBatch([])
        let config = try batch.blobs.write(Array("{}".utf8))
        let image = ImageManifest(config: Descriptor(mediaType: .imageConfig, digest: config, size: 2), layers: [])
        let bytes = try OCIDocument.encode(image)
        var export = ImageExport(
            manifest: Descriptor(
                mediaType: .imageManifest, digest: try batch.blobs.write(bytes), size: Int64(bytes.count)),
            references: [try ImageReference("a:1")], blobs: batch.blobs)
        export.isCancelled = { true }
        #expect(throws: CancellationError.self) { try export.writeOCIArchive(to: "\(folder)/a.tar") }
        #expect(try OpenFile.open(folder, [.read, .directory]).entries().isEmpty)
    }
}
