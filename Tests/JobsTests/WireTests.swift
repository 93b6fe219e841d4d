import Foundation
import OCI
import Testing

@testable import Jobs

/// What scheduler and executor say to each other arrives as it was said.
@Suite struct WireTests {
    private static let digest = Digest(of: "x".utf8)
    private static let descriptor = Descriptor(mediaType: .layerGzip, digest: digest, size: 1 << 40)

    private static let shared = SharedStep(
        key: digest, layer: descriptor, diffID: digest, newestTime: nil, created: "2026-11-21T14:00:00Z",
        recorded: 1_795_000_000, parts: ["step": "RUN"])

    private static let events: [JobEvent] = {
        var step = StepEnded(step: 2, stage: "s", instruction: "RUN x", cached: false, milliseconds: 0.1 + 0.2)
        (step.key, step.layerSizeInBytes, step.diffID, step.missReason) = (digest.hex, .max, digest, "never built")
        let result = JobResult(
            manifest: descriptor, config: descriptor, layers: [descriptor, descriptor], diffIDs: [digest],
            rootfsDigest: digest, steps: 3, cachedSteps: 1, baseDigest: nil, baseLabels: ["a": "ü\n\u{0}"])
        return [
            .started(ExecutorStarted(isolation: "subid", privateNetwork: .host, steps: 3)),
            .stepStarted(StepStarted(step: 1, stage: "s", instruction: "RUN echo \"/\"", line: 7)),
            .output(StepOutput(step: 1, stream: .stderr, text: "\u{1B}[31m\u{9B}\u{0}\r\n日本")), .stepEnded(step),
            .material(Material(role: .copyFrom, reference: "r", digest: digest)),
            .layer(LayerCommitted(descriptor: descriptor, diffID: digest)),
            .progress(Progress(activity: "unpacking", bytesDone: 1, bytesTotal: nil)),
            .warning(Warning(message: "w", line: 3)), .finished(result),
            .failed(JobFailure(class: .internal, message: "m\nn", summary: "m", exitCode: 137, isTemporary: true)),
        ]
    }()

    @Test func `every event arrives, flat and with its name`() throws {
        #expect(
            Self.events.map(\.kind) == [
                .started, .stepStarted, .output, .stepEnded, .material, .layer, .progress, .warning, .finished, .failed,
            ])
        #expect(Set(Self.events.map(\.kind)).count == JobEvent.Kind.allCases.count)
        for event in Self.events {
            let bytes = try OCIDocument.encode(event)
            #expect(try OCIDocument.decode(JobEvent.self, from: bytes) == event)
            let object = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
            #expect(object["event"] as? String == event.kind.rawValue)
            let message = ExecutorMessage.event(event)
            #expect(try OCIDocument.decode(ExecutorMessage.self, from: OCIDocument.encode(message)) == message)
        }
    }

    @Test(arguments: [
        "{}", #"{"event": "unheard-of"}"#, #"{"event": "warning"}"#,
        #"{"event": "output", "step": 1, "stream": "x", "text": ""}"#,
        #"{"event": "layer", "descriptor": {}, "diffID": "sha256:1"}"#, "", "[]",
        "{\"event\": \"warning\", \"message\": \"",
    ])
    func `what is no event is an error`(_ text: String) {
        #expect(throws: OCIError.self) { try OCIDocument.decode(JobEvent.self, from: Array(text.utf8)) }
    }

    @Test func `a job arrives with everything it has`() throws {
        var job = Job(
            build: "B", image: "python[py=3.10]", platform: .host, stateFolder: "/s", logFile: "/s/logs/R/p.log",
            dockerfile: DockerfileText(name: "d", text: "FROM x\nRUN y\n"))
        #expect(try OCIDocument.decode(Job.self, from: OCIDocument.encode(job)) == job)
        (job.contextFolder, job.ignoreFile, job.target) = ("/c", "*\n!a", "t")
        job.buildArguments = ["A": "", "B": "\u{0}"]
        job.namedContexts = [
            "a": .folder("/a", ignoreFile: nil), "b": .sibling(image: "b"),
            "c": .image(try ImageReference("r.example.com/x@\(Self.digest)")),
        ]
        (job.labels, job.annotations, job.network, job.cache) = (["l": "1"], ["a": "2"], .none, .writeOnly)
        job.limits.cpus = 1.5
        job.limits.memoryInBytes = 4 << 30
        (job.epoch, job.rootfsOutput) = (0, "/out")
        (job.cacheAgeInSeconds, job.freshStages, job.sharesSteps, job.explains) = (1.5, ["a", "2"], true, true)
        job.dockerfile.bytes += [0xFF, 0x0A]
        #expect(try OCIDocument.decode(Job.self, from: OCIDocument.encode(job)) == job)
        for task in [ExecutorTask.build(job), .sweep] {
            #expect(try OCIDocument.decode(ExecutorTask.self, from: OCIDocument.encode(task)) == task)
        }
    }

    @Test func `requests and answers arrive`() throws {
        let reference = try ImageReference("debian:12")
        let image = ResolvedImage(
            reference: "debian:12", source: reference, manifest: Self.descriptor, config: Self.descriptor,
            layers: [Self.descriptor], diffIDs: [Self.digest])
        let requests: [ExecutorRequest] = [
            .resolve(reference, .host), .resolveSibling(image: "base"), .fetchLayers(of: image, indices: [0]),
            .resolveLayout(folder: "/l", reference: "a", .host), .download(url: "https://h/a", checksum: Self.digest),
            .checkout(GitCheckout(remote: "https://h/a.git", reference: "main")),
            .context(name: "a"),
            .secret(id: "npmrc"), .agent(id: "default"), .takeRoot, .terminal, .findStep(key: Self.digest),
            .fetchStep(key: Self.digest, layer: Self.descriptor), .keepStep(Self.shared, isFinal: true),
            .distrustStep(key: Self.digest, reason: "sizeMismatch"), .distrustLayer(Self.digest),
        ]
        for request in requests.enumerated().map({ ExecutorMessage.request(id: $0, $1) }) {
            #expect(try OCIDocument.decode(ExecutorMessage.self, from: OCIDocument.encode(request)) == request)
        }
        let failure = JobFailure(class: .registry, message: "401", summary: "401")
        let responses: [ExecutorResponse] = [
            .resolved(image), .fetched, .failed(failure), .secret(isFound: true), .agent(socket: nil),
            .downloaded(Download(digest: Self.digest, sizeInBytes: 1, lastModified: -1)),
            .folder(FetchedFolder(path: "/f", revision: "0123", commitTime: 5)),
            .step(SharedStepAnswer(step: Self.shared, place: "r.example.com/cache")),
            .step(SharedStepAnswer(reason: "expired")), .noted,
        ]
        for answer in responses.map({ ExecutorAnswer(id: 3, response: $0) }) {
            #expect(try OCIDocument.decode(ExecutorAnswer.self, from: OCIDocument.encode(answer)) == answer)
        }
    }
}
