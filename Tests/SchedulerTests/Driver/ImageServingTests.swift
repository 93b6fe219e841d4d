import Jobs
import OCI
import Planning
import Storage
import Synchronization
import SystemPackage
import Testing

@testable import Scheduler

@Suite(.timeLimit(.minutes(10))) struct ImageServingTests {
    /// Runs a batch whose last image sends the request; returns the answer.
    private func answer(
        to request: ExecutorRequest, images: [TestImage] = [TestImage(name: "a")], owners: [String: String] = [:],
        prepare: (TestBatch) throws -> Void = { _ in }
    ) async throws -> ExecutorResponse? {
        let answers = Mutex<ExecutorResponse?>(nil)
        let asker = try #require(images.last).name
        let batch = try TestBatch(
            images,
            scripts: [
                asker: { executor in
                    let answer = executor.ask(request)
                    answers.withLock { $0 = answer }
                    executor.send(.finished(.sample(of: asker)))
                }
            ], owners: owners)
        try prepare(batch)
        _ = try await batch.run()
        return answers.withLock { $0 }
    }

    private func reference(_ text: String) throws -> ImageReference { try ImageReference(text) }

    @Test func `a reference of the batch is what its image has just become`() async throws {
        let images = [TestImage(name: "debian"), TestImage(name: "curl", parents: ["debian"])]
        let answer = try await answer(
            to: .resolve(reference("debian:bookworm"), .host), images: images, owners: ["debian:bookworm": "debian"])
        guard case .resolved(let image) = answer else {
            Issue.record("\(String(describing: answer))")
            return
        }
        #expect(image.manifest == JobResult.sample(of: "debian").manifest)
        #expect(image.source == nil)
    }

    @Test func `an image of the batch that is not built yet is an error, never an older one`() async throws {
        let images = [TestImage(name: "curl")]
        let answer = try await answer(
            to: .resolve(reference("debian:bookworm"), .host), images: images, owners: ["debian:bookworm": "debian"]
        ) { batch in
            _ = try batch.registry.add(reference("debian:bookworm"), layers: [[1]])
        }
        guard case .failed(let failure) = answer else {
            Issue.record("\(String(describing: answer))")
            return
        }
        #expect(failure.class == .dockerfile)
        #expect(failure.message.contains("add `needs: [debian]`"))
    }

    @Test func `another platform of the same reference comes from the registry`() async throws {
        let other = Platform(os: "linux", architecture: "riscv64")
        let answer = try await answer(
            to: .resolve(reference("debian:bookworm"), other), owners: ["debian:bookworm": "debian"]
        ) { batch in
            _ = try batch.registry.add(reference("debian:bookworm"), layers: [[1]])
        }
        guard case .resolved(let image) = answer else {
            Issue.record("\(String(describing: answer))")
            return
        }
        #expect(image.source?.registry == "docker.io")
    }

    @Test func `an image of a registry is asked for once, however many build on it`() async throws {
        let base = try reference("docker.io/library/debian:12")
        let layers: [[UInt8]] = [[1, 2, 3], [4, 5]]
        let script: FakeLauncher.Script = { executor in
            guard case .resolved(let image) = executor.ask(.resolve(base, .host)) else { return }
            guard case .fetched = executor.ask(.fetchLayers(of: image, indices: [0, 1])) else { return }
            executor.send(.finished(.sample(of: executor.job.image)))
        }
        let names = (1...6).map { "i\($0)" }
        let batch = try TestBatch(
            names.map { TestImage(name: $0) }, scripts: Dictionary(uniqueKeysWithValues: names.map { ($0, script) }),
            slots: 6)
        let manifest = try batch.registry.add(base, layers: layers)
        #expect(try await batch.run() == names.map { "\($0) built" })
        #expect(batch.registry.log.filter { $0.hasPrefix("manifest") } == ["manifest debian:12"])
        for blob in manifest.layers + [manifest.config] {
            #expect(try batch.blobs.size(of: blob.digest) == blob.size)
        }
        #expect(batch.journal.lines.filter { $0.hasPrefix("seen") } == ["seen debian:12"])
    }

    @Test func `a sibling lends where the layers are that it never fetched`() async throws {
        let base = try reference("docker.io/library/debian:12")
        let sources = Mutex<ImageReference?>(nil)
        let batch = try TestBatch(
            [TestImage(name: "a"), TestImage(name: "b", parents: ["a"])],
            scripts: [
                "a": { executor in
                    guard case .resolved(let image) = executor.ask(.resolve(base, .host)) else { return }
                    executor.send(.finished(.sample(of: "a", layers: image.layers)))
                },
                "b": { executor in
                    guard case .resolved(let image) = executor.ask(.resolveSibling(image: "a")) else { return }
                    sources.withLock { $0 = image.source }
                    guard case .fetched = executor.ask(.fetchLayers(of: image, indices: [0])) else { return }
                    executor.send(.finished(.sample(of: "b")))
                },
            ])
        let manifest = try batch.registry.add(base, layers: [[9, 9]])
        #expect(try await batch.run() == ["a built", "b built"])
        #expect(sources.withLock { $0 }?.repository == "library/debian")
        #expect(try batch.blobs.size(of: manifest.layers[0].digest) == 2)
    }

    @Test func `what a registry says reaches the executor`() async throws {
        let answer = try await answer(to: .resolve(reference("nothing:1"), .host))
        #expect(
            answer == .failed(JobFailure(class: .registry, message: "no nothing:1", summary: "no such image")))
    }

    @Test func `a layer that the image does not have is refused`() async throws {
        let image = ResolvedImage(
            reference: "a", source: nil, manifest: JobResult.sample(of: "a").manifest,
            config: JobResult.sample(of: "a").config, layers: [], diffIDs: [])
        guard case .failed(let failure) = try await answer(to: .fetchLayers(of: image, indices: [3])) else {
            Issue.record("it was answered")
            return
        }
        #expect(failure.class == .internal)
    }
}
