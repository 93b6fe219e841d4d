import Jobs
import OCI
import Testing

@testable import Scheduler

@Suite struct ImageStepsTests {
    private func step(_ change: (inout SharedStep) -> Void = { _ in }) -> SharedStep {
        var step = SharedStep(
            key: Digest(of: [1]), layer: Descriptor(mediaType: .layerGzip, digest: Digest(of: [2]), size: 3),
            diffID: Digest(of: [4]), newestTime: nil, created: "2024-01-02T03:04:05.678Z", recorded: 1_700_000_000,
            parts: ["platform": "linux/amd64"])
        change(&step)
        return step
    }

    private func decoded(_ steps: [SharedStep], _ change: (String) -> String = { $0 }) throws -> [SharedStep] {
        let text = String(decoding: try OCIDocument.encode(ImageSteps.List(steps: steps)), as: UTF8.self)
        return try OCIDocument.decode(ImageSteps.List.self, from: Array(change(text).utf8)).steps
    }

    @Test func `a list comes back as it was`() throws {
        #expect(try decoded([step(), step { $0.newestTime = -1 }]) == [step(), step { $0.newestTime = -1 }])
    }

    @Test(
        arguments: [
            { $0.created = "yesterday" }, { $0.created = "" }, { $0.layer.size = 0 }, { $0.layer.size = -1 },
            { $0.layer.size = .max }, { $0.layer.mediaType = .imageConfig }, { $0.recorded = .max },
        ] as [@Sendable (inout SharedStep) -> Void])
    func `what can be no step is left out`(change: @Sendable (inout SharedStep) -> Void) throws {
        #expect(try decoded([step(change), step()]) == [step()])
    }

    @Test func `nor is what has no key one, and lists of other versions have none`() throws {
        let key = Digest(of: [1]).description
        #expect(try decoded([step()]) { $0.replacing(key, with: "sha256:1") } == [])
        #expect(try decoded([step()]) { $0.replacing(SharedStep.schema, with: "build-all step 0") } == [])
    }
}
