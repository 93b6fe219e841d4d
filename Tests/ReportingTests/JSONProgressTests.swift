import Foundation
import Jobs
import OCI
import TestSupport
import Testing

@testable import Reporting

/// `schemas/events.schema.json` says what `--progress json` prints.
@Suite struct JSONProgressTests {
    private static let schema = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "schemas/events.schema.json").standardized
    private static let digest = Digest(of: "x".utf8)

    private static func lines(_ events: [RunEvent]) throws -> [String] {
        var progress = JSONProgress()
        return try ([Batch.started("a", "b")] + events).map { try progress.line(for: $0) }
    }

    /// One of each kind, with everything that may be there.
    private static let full: [RunEvent] = {
        var descriptor = Descriptor(mediaType: .layerGzip, digest: digest, size: 5, platform: Batch.platform)
        descriptor.annotations = ["a": "b"]
        var step = StepEnded(step: 1, stage: "s", instruction: "RUN x", cached: false, milliseconds: 1.5)
        (step.key, step.cpuMilliseconds, step.peakMemoryInBytes) = (digest.hex, 1, 2)
        (step.layerSizeInBytes, step.diffID, step.missReason) = (3, digest, "never built")
        step.cachedFrom = "registry.example.com/cache"
        let result = JobResult(
            manifest: descriptor, config: descriptor, layers: [descriptor], diffIDs: [digest], rootfsDigest: digest,
            steps: 1, cachedSteps: 0, baseDigest: digest, baseLabels: ["a": "b"])
        let failure = JobFailure(class: .step, message: "m", summary: "s", exitCode: 2, isTemporary: true)
        var outcome = Batch.outcome("a")
        (outcome.rootfsDigest, outcome.queued, outcome.cpuMilliseconds) = (digest, 1, 2)
        (outcome.peakMemoryInBytes, outcome.error, outcome.reasons) = (3, failure, ["never_built"])
        let events: [JobEvent] = [
            .started(ExecutorStarted(isolation: "subid", privateNetwork: .host, steps: 3)),
            .stepStarted(StepStarted(step: 1, stage: "s", instruction: "RUN x", line: 7)),
            .output(StepOutput(step: 1, stream: .stderr, text: "a\nb")), .stepEnded(step),
            .material(Material(role: .copyFrom, reference: "r", digest: digest)),
            .layer(LayerCommitted(descriptor: descriptor, diffID: digest)),
            .progress(Progress(activity: "unpacking", bytesDone: 1, bytesTotal: 2)),
            .warning(Warning(message: "w", line: 3)), .finished(result), .failed(failure),
        ]
        let context = ContextProgress(reference: "git://h/a", images: ["a"], phase: .fetched, revision: "c", seconds: 1)
        return [.context(context), Batch.began("a")] + events.map { .image(name: "a", $0) } + [
            .push(PushProgress(image: "a", reference: "r", bytesDone: 1, bytesTotal: 2)),
            .retry(RetryScheduled(image: "a", attempt: 2, delayInSeconds: 1, reason: "503")), .imageEnded(outcome),
            .warning(image: "a", message: "w"), Batch.ended(outcome),
        ]
    }()

    /// The same with nothing that may be missing.
    private static let bare: [RunEvent] = {
        let descriptor = Descriptor(mediaType: .layerGzip, digest: digest, size: 0)
        let result = JobResult(
            manifest: descriptor, config: descriptor, layers: [], diffIDs: [], rootfsDigest: digest, steps: 0,
            cachedSteps: 0, baseDigest: nil, baseLabels: [:])
        let outcomes = BuildStatus.allCases.map { ImageOutcome(image: "a", platform: Batch.platform, status: $0) }
        return [
            Batch.stepEnded("a", 1, "RUN x", seconds: nil),
            .image(name: "a", .progress(Progress(activity: "x", bytesDone: 0, bytesTotal: nil))),
            .image(name: "a", .warning(Warning(message: "w"))), .image(name: "a", .finished(result)),
            .image(name: "a", .failed(JobFailure(class: .internal, message: "m", summary: "s"))),
            .warning(image: nil, message: "w"),
            .context(ContextProgress(reference: "-", images: ["a"], phase: .fetching)),
        ] + outcomes.map { .imageEnded($0) }
    }()

    @Test func `a foreign validator accepts every event`() throws {
        let lines = try Self.lines(Self.full + Self.bare + Batch.failing)
        #expect(try Self.verdicts(on: lines) == lines.map { _ in "valid" })
    }

    @Test func `the schema has the keys that are written, and no others`() throws {
        let document = try #require(
            JSONSerialization.jsonObject(with: Data(contentsOf: Self.schema)) as? [String: Any])
        let definitions = try #require(document["$defs"] as? [String: [String: Any]])
        func properties(_ name: String) -> Set<String> {
            Set((definitions[name]?["properties"] as? [String: Any])?.keys.map(\.self) ?? [])
        }
        var seen: Set<String> = []
        for line in try Self.lines(Self.full) {
            let event = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let name = try #require(event["event"] as? String)
            #expect(Set(event.keys) == properties(name), "\(name)")
            seen.insert(name)
            guard name == "run-ended", let images = event["images"] as? [[String: Any]] else { continue }
            #expect(Set(images[0].keys) == properties("outcome"))
        }
        let kinds = ((document["properties"] as? [String: Any])?["event"] as? [String: Any])?["enum"] as? [String]
        #expect(seen == Set(try #require(kinds)))
        #expect(JobEvent.Kind.allCases.allSatisfy { seen.contains($0.rawValue) })
    }

    @Test(arguments: [
        #"{"event": "unheard-of", "run": "r"}"#, #"{"run": "r"}"#,
        #"{"event": "warning", "run": "r", "message": "no image"}"#,
        #"{"event": "warning", "run": "r", "image": "a", "message": "m", "more": 1}"#,
        #"{"event": "warning", "run": "r", "image": "a", "message": 5}"#,
        #"{"event": "material", "run": "r", "image": "a", "role": "base", "reference": "x", "digest": "md5:1"}"#,
    ])
    func `a foreign validator rejects what is no event`(_ line: String) throws {
        #expect(try Self.verdicts(on: [line]).first?.hasPrefix("rejected") == true)
    }

    @Test func `an event is one line, and cannot drive a terminal`() throws {
        let text = "a\nb\u{1B}[2J\u{9B}31m\u{202E}\u{2028}é"
        let line = try #require(Self.lines([Batch.output("a", 1, text)]).last)
        #expect(line.contains(#""text":"a\nb\u001b[2J\u009b31m\u202e\u2028é""#))
        let event = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(event["text"] as? String == text)
    }

    /// What Debian's python3-jsonschema says.
    private static func verdicts(on lines: [String]) throws -> [String] {
        let folder = try TestFolder()
        let file = folder.path("events")
        try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
        let check = Snapshot.folder.appending(path: "check-events.py").path
        return Shell("/usr/bin/python3 '\(check)' '\(schema.path)' < '\(file)'").lines
    }
}
