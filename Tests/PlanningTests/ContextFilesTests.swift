import Jobs
import Manifest
import Planning
import Testing

@Suite struct ContextFilesTests {
    private static let manifest = "version: 1\nimages:\n  a: ./ctx\n"

    private func project(_ files: [String: String], manifest: String = manifest) throws -> Project {
        try Project(files.merging(["manifest.yaml": manifest]) { file, _ in file })
    }

    @Test func `the Dockerfile and its ignore file go into the job`() throws {
        let plan = try project(["ctx/Dockerfile": "FROM scratch\n", "ctx/.dockerignore": "*.o\n"]).plan()
        let job = try plan.job("a")
        #expect(job.dockerfile == DockerfileText(name: "ctx/Dockerfile", text: "FROM scratch\n"))
        #expect(job.ignoreFile == "*.o\n")
        #expect(job.contextFolder?.hasSuffix("/ctx") == true)
    }

    @Test func `a Dockerfile need not be UTF-8`() throws {
        let project = try project([:])
        let bytes = Array("FROM scratch\n# ".utf8) + [0xE9, 0x0A]
        try project.write(bytes, to: "ctx/Dockerfile")
        #expect(try project.plan().job("a").dockerfile.bytes == bytes)
    }

    @Test func `an ignore file of the Dockerfile's own replaces the context's`() throws {
        let plan = try project([
            "ctx/Dockerfile": "FROM scratch\n", "ctx/.dockerignore": "*.o\n", "ctx/Dockerfile.dockerignore": "own\n",
        ]).plan()
        #expect(try plan.job("a").ignoreFile == "own\n")
    }

    @Test func `dockerfile in small letters will do`() throws {
        let plan = try project(["ctx/dockerfile": "FROM scratch\n", "ctx/dockerfile.dockerignore": "own\n"]).plan()
        #expect(try plan.job("a").dockerfile.name == "ctx/dockerfile")
        #expect(try plan.job("a").ignoreFile == "own\n")
    }

    @Test func `a Dockerfile with a name, and an inline one with a context`() throws {
        let manifest = """
            version: 1
            images:
              a: { context: ctx, dockerfile: sub/Dockerfile.x }
              b: { context: ctx, inline: FROM scratch }
            """
        let files = ["ctx/sub/Dockerfile.x": "FROM scratch\n# x", "ctx/.dockerignore": "*.o\n"]
        let plan = try project(files, manifest: manifest).plan()
        #expect(try plan.job("a").dockerfile == DockerfileText(name: "ctx/sub/Dockerfile.x", text: "FROM scratch\n# x"))
        #expect(try plan.job("b").dockerfile.name == "b (inline)")
        #expect(try plan.job("b").ignoreFile == "*.o\n")
    }

    @Test func `named folders bring their ignore files`() throws {
        let manifest = "version: 1\nimages:\n  a: { inline: FROM scratch, contexts: { Keys: ./keys } }\n"
        let plan = try project(["keys/.dockerignore": "id_rsa\n"], manifest: manifest).plan()
        let contexts = try plan.job("a").namedContexts
        guard case .folder(let path, let ignoreFile) = contexts["keys"] else {
            Issue.record("\(contexts)")
            return
        }
        #expect(path.hasSuffix("/keys"))
        #expect(ignoreFile == "id_rsa\n")
    }

    @Test func `a link inside the context is followed, one out of it is refused`() throws {
        let project = try project(["ctx/real": "FROM scratch\n", "outside": "FROM scratch\n"])
        try project.link("ctx/Dockerfile", to: "real")
        #expect(try project.plan().job("a").dockerfile.text == "FROM scratch\n")
        for target in ["../outside", "/etc/hostname"] {
            let other = try self.project(["ctx/x": "", "outside": "FROM scratch\n"])
            try other.link("ctx/Dockerfile", to: target)
            #expect(try other.plan().failure("a")?.message == "ctx/Dockerfile: the link leads out of its folder")
        }
    }

    @Test(arguments: [
        (["ctx/x": ""], "ctx/Dockerfile: there is no such file"),
        (["ctx/Dockerfile/x": ""], "ctx/Dockerfile: it is no regular file"),
        (
            ["ctx/Dockerfile": String(repeating: "#\n", count: 3 << 20)],
            "ctx/Dockerfile: it is larger than 4 MiB"
        ),
        (["ctx/Dockerfile": ""], "the Dockerfile cannot be empty"),
    ])
    func `a Dockerfile that cannot be read fails its image, not the plan`(
        files: [String: String], message: String
    ) throws {
        let failure = try #require(try project(files).plan().failure("a"))
        #expect(failure.message.contains(message))
        #expect([.context, .dockerfile].contains(failure.class))
    }

    @Test func `folders that are missing are errors of the manifest, all at once`() throws {
        let manifest = """
            version: 1
            images:
              a: nowhere
              b: { inline: FROM scratch, contexts: { x: ./gone, y: "./manifest.yaml#v1" } }
              c: { inline: FROM scratch }
            """
        let project = try project([:], manifest: manifest)
        let errors = #expect(throws: ManifestErrors.self) { try project.plan() }
        let shown = try #require(errors).diagnostics.map { "\($0.mark?.line ?? 0) \($0.message)" }
        #expect(
            shown == [
                "3 context: \(project.folder)/nowhere does not exist",
                "4 context \"x\": \(project.folder)/gone does not exist",
                "4 context \"y\": behind # of an archive stands a folder in it, as \(project.folder)/manifest.yaml#:folder",
            ])
        // Images that are not part of the run are not looked at.
        #expect(try project.plan("c").images.map(\.name) == ["c"])
    }
}
