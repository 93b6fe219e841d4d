import OCI
import TestSupport
import Testing

@testable import Registry

/// What registries say when they will never do it: asked once, with a hint.
@Suite struct RefusalTests {
    private struct Answer: CustomStringConvertible {
        var status: Int
        var body: String
        var hint: String
        var description: String { "\(status) \(body)" }
    }

    private static func errors(_ code: String, _ message: String) -> String {
        #"{"errors":[{"code":"\#(code)","message":"\#(message)"}]}"#
    }

    private static let answers = [
        Answer(
            status: 400,
            body: errors(
                "TAG_INVALID",
                "The image tag 'v1' already exists in the 'app' repository and cannot be overwritten because the repository is immutable."
            ), hint: "needs another tag"),
        Answer(
            status: 412,
            body: errors("PRECONDITION", "Failed to process request due to 'app:v1' configured as immutable."),
            hint: "needs another tag"),
        Answer(
            status: 400,
            body: errors(
                "MANIFEST_INVALID",
                "manifest invalid: cannot update tag v1. The repository has enabled tag immutability"),
            hint: "needs another tag"),
        Answer(
            status: 500, body: errors("UNKNOWN", "Repository does not allow updating assets: docker"),
            hint: "needs another tag"),
        Answer(
            status: 403,
            body: errors(
                "DENIED", "adding 1.0 MiB of storage resource, which will exceed the configured upper limit of 5 MiB"),
            hint: "quota is used up"),
        Answer(
            status: 503, body: errors("QUOTA_EXCEEDED", "Quota has been exceeded on namespace"),
            hint: "quota is used up"),
        Answer(status: 507, body: "", hint: "quota is used up"),
        Answer(
            status: 404,
            body: errors(
                "NAME_UNKNOWN", "The repository with name 'app' does not exist in the registry with id '1'"),
            hint: "created before the first push"),
        Answer(status: 400, body: errors("MANIFEST_INVALID", "manifest invalid"), hint: "MANIFEST_INVALID"),
        Answer(status: 403, body: errors("DENIED", "requested access to the resource is denied"), hint: "DENIED"),
    ]

    @Test(arguments: answers)
    private func `is not asked again`(answer: Answer) async throws {
        let registry = TestRegistry()
        let clock = RecordingClock()
        registry.inject(.status(answer.status, body: answer.body), method: "PUT", path: "/manifests/", times: 9)
        let image = try TestImage(layers: [])
        let error = await #expect(throws: RegistryError.self) {
            try await RegistryClient.forTests(clock: clock).putManifest(
                image.manifest, mediaType: .imageManifest, to: ImageReference("\(registry.host)/app:v1"))
        }
        #expect("\(error as Any)".contains(answer.hint))
        #expect(registry.count("PUT") == 1)
        #expect(clock.pauses.isEmpty)
    }

    @Test(arguments: ["1", "Mon, 12 Jan 1970 13:46:41 GMT"])
    func `a limit of pulls is waited for as long as it asks`(pause: String) async throws {
        let registry = TestRegistry()
        // 1970-01-12T13:46:40Z
        let clock = RecordingClock(now: 1_000_000)
        registry.inject(
            .status(429, headers: ["Retry-After": pause]),
            path: "/manifests/")
        let image = try TestImage(layers: [])
        registry.addManifest(image.manifest, mediaType: MediaType.imageManifest.rawValue, to: "app", tag: "v1")
        _ = try await RegistryClient.forTests(clock: clock).rawManifest(ImageReference("\(registry.host)/app:v1"))
        #expect(clock.pauses == [.seconds(1)])
    }

    @Test func `a limit of pulls that lasts too long is an error that knows a way`() async throws {
        let registry = TestRegistry()
        let body = Self.errors("TOOMANYREQUESTS", "You have reached your pull rate limit")
        registry.inject(.status(429, headers: ["Retry-After": "21600"], body: body), path: "/manifests/")
        let error = await #expect(throws: RegistryError.self) {
            try await RegistryClient.forTests().rawManifest(ImageReference("\(registry.host)/app:v1"))
        }
        #expect("\(error as Any)".contains("credentials for it, or a mirror, help"))
        #expect(error?.isTemporary == true)
    }
}
