import Jobs
import OCI
import Planning
import Testing

/// Which images of registries a build needs.
@Suite struct ExternalImagesTests {
    private func names(
        _ dockerfile: String, fields: String = "", triggers: [String: [String]] = [:]
    ) throws -> [String] {
        let project = try Project([
            "app/Dockerfile": dockerfile,
            "manifest.yaml":
                "version: 1\nimages:\n  own: {inline: FROM scratch}\n  app:\n    context: app\n    platforms: [linux/amd64]\n\(fields)",
        ])
        let plan = try project.plan()
        let position = try #require(plan.position(named: "app"))
        return try plan.externalImages(of: position) { triggers[$0.reference.familiar] ?? [] }.map {
            $0.platform.description == "linux/amd64" ? $0.reference.familiar : "\($0.reference.familiar) \($0.platform)"
        }
    }

    @Test func `each once, of the stages that are needed, and no image of the batch`() throws {
        let found = try names(
            """
            ARG TAG=12
            FROM unused:1 AS unused
            FROM debian:$TAG AS a
            RUN --mount=type=bind,from=mounted:1,target=/x true
            FROM own:latest
            COPY --from=a / /
            COPY --from=debian:12 / /
            COPY --from=copied@sha256:\(String(repeating: "a", count: 64)) / /

            """)
        #expect(
            Set(found) == [
                "debian:12", "mounted:1", "copied@sha256:\(String(repeating: "a", count: 64))",
            ])
        #expect(found.count == 3)
    }

    @Test func `platforms of FROM count, and what named contexts stand for`() throws {
        let found = try names(
            "FROM --platform=linux/arm64 a:1 AS x\nFROM base\nCOPY --from=x / /\nCOPY --from=files / /\n",
            fields: "    contexts: {base: \"docker-image://b:2\", files: ., s: \"docker-image://scratch\"}\n")
        #expect(Set(found) == ["a:1 linux/arm64", "b:2"])
    }

    @Test func `triggers of a base image may name more`() throws {
        let triggers = ["base:1": ["COPY --from=other:2 /a /b"], "other:2": ["COPY --from=never:1 /a /b"]]
        #expect(try names("FROM base:1\n", triggers: triggers) == ["base:1", "other:2"])
        #expect(try names("FROM base:1\n") == ["base:1"])
    }

    @Test func `what cannot be understood is the image's failure`() throws {
        #expect(throws: JobFailure.self) { _ = try names("FRM x\n") }
        #expect(throws: JobFailure.self) { _ = try names("FROM UPPER:x\n") }
    }

    @Test func `a plan can be told which images fail`() throws {
        let project = try Project(["manifest.yaml": "version: 1\nimages:\n  own: {inline: FROM scratch}\n"])
        let failure = JobFailure(class: .context, message: "no", summary: "no")
        let plan = try project.plan().failing([0: failure])
        #expect(plan.images[0].job == .failure(failure))
    }
}
