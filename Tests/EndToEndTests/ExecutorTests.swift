import Foundation
import TestSupport
import Testing

/// `executor`: kaniko's command line, on a real registry, read back by skopeo and podman.
@Suite struct ExecutorTests {
    // MARK: - Where the image goes

    @Test func `an image is pushed to each destination, and its digest written as kaniko does`() throws {
        let kaniko = try KanikoWorkspace()
        try kaniko.workspace.write(
            "out/digest", "what was there before, and longer than any digest could be: \(UUID())")
        let inode = try kaniko.workspace.run("stat", "-c", "%i", kaniko.path("out/digest")).output
        let (first, second) = ("\(kaniko.host)/team/app:v1", "\(kaniko.host)/other")
        try kaniko.build(
            "--destination=\(first)", "-d", second, "--digest-file", "out/digest",
            "--image-name-with-digest-file=new/folder/names", "--image-name-tag-with-digest-file=tags",
            "--tar-path", "image.tar", "--oci-layout-path", "layout", "--label", "a.b=c d", "--annotation=k=v",
            "--build-arg", "VERSION", environment: ["VERSION": "7", "BUILDER_OUTPUT": kaniko.path("out")])
        let digest = try kaniko.content("out/digest")
        #expect(try kaniko.digest("docker://\(first)") == digest)
        #expect(try kaniko.digest("docker://\(second):latest") == digest)
        #expect(try kaniko.digest("oci:\(kaniko.path("layout"))") == digest)
        #expect(
            try kaniko.content("new/folder/names")
                == "\(kaniko.host)/team/app@\(digest)\n\(kaniko.host)/other@\(digest)\n")
        #expect(
            try kaniko.content("tags")
                == "\(kaniko.host)/team/app:v1@\(digest)\n\(kaniko.host)/other:latest@\(digest)\n")
        #expect(
            try kaniko.content("out/images")
                == "{\"name\":\"\(first)\",\"digest\":\"\(digest)\"}\n{\"name\":\"\(second):latest\",\"digest\":\"\(digest)\"}\n"
        )
        // A mounted file cannot be replaced.
        #expect(try kaniko.workspace.run("stat", "-c", "%i", kaniko.path("out/digest")).output == inode)
        let tags = try kaniko.workspace.run(
            "skopeo", "list-tags", "--tls-verify=false", "docker://\(kaniko.host)/team/app")
        #expect(tags.output.contains("v1") && !tags.output.contains("sha256-"))
        #expect(try kaniko.manifest(ofLayout: "layout")["annotations"] as? [String: String] == ["k": "v"])
        let config = try #require(try kaniko.config(ofLayout: "layout")["config"] as? [String: Any])
        #expect(config["Labels"] as? [String: String] == ["a.b": "c d"])
        #expect(try Podman.pulled(first, in: kaniko.workspace).contains { $0.contains("version") })
        let archive = try kaniko.workspace.run("skopeo", "inspect", "--config", "docker-archive:image.tar").output
        #expect(archive.contains("\"a.b\": \"c d\""))
    }

    @Test(arguments: [
        ["--context=app", "--dockerfile=app/Dockerfile"], ["-c", "app", "-f", "app/Dockerfile"],
        ["-capp", "-f=app/Dockerfile"], ["--context", "dir://app", "--dockerfile", "Dockerfile"],
        ["--dockerfile=Dockerfile", "--context=app/", "--cache=false", "--force", "--cleanup=false"],
    ]) func `however it is written it is the same image`(arguments: [String]) throws {
        let kaniko = try KanikoWorkspace(withRegistry: false)
        try kaniko.build("--no-push", "--reproducible", "--oci-layout-path=a", state: "first")
        let outcome = try kaniko.executor(
            arguments + ["--no-push", "--reproducible", "--digest-file=d", "--oci-layout-path=a"])
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(try kaniko.digest("oci:\(kaniko.path("a"))") == kaniko.content("d"))
        let called = try Program.run(
            [Program.buildAll, "executor"] + arguments
                + ["--no-push", "--reproducible", "--digest-file=e", "--state", kaniko.path("third")],
            in: kaniko.workspace.folder)
        #expect(called.exitCode == 0, "\(called.errors)")
        #expect(try kaniko.content("d") == kaniko.content("e"))
    }

    @Test func `a layout holds this image alone, whatever it held`() throws {
        let kaniko = try KanikoWorkspace()
        try kaniko.build("--no-push", "--oci-layout-path=layout", "-d", "x.example.com/a:1", "-d", "x.example.com/a:2")
        let first = try kaniko.digest("oci:\(kaniko.path("layout"))")
        try kaniko.workspace.write("app/a.txt", "other\n")
        try kaniko.build("--no-push", "--oci-layout-path=layout", "-d", "x.example.com/a:3")
        let second = try kaniko.digest("oci:\(kaniko.path("layout"))")
        #expect(first != second && second.hasPrefix("sha256:"))
        let blobs = try FileManager.default.contentsOfDirectory(atPath: kaniko.path("layout/blobs/sha256"))
        let layers = try #require(try kaniko.manifest(ofLayout: "layout")["layers"] as? [Any])
        #expect(blobs.count == layers.count + 2)
        let pushed = try kaniko.executor(["push", "layout", "-d", "\(kaniko.host)/pushed:1"], state: nil)
        #expect(pushed.exitCode == 0, "\(pushed.errors)")
        #expect(try kaniko.digest("docker://\(kaniko.host)/pushed:1") == second)
    }

    @Test(arguments: [[:], ["KANIKO_NO_PUSH": "true"]])
    func `without a push nothing is pushed, and the file for docker load is whole`(
        environment: [String: String]
    ) throws {
        let kaniko = try KanikoWorkspace()
        try kaniko.build(
            "-d", "\(kaniko.host)/app:1", environment.isEmpty ? "--no-push" : "--tarPath=i.tar", "--tar-path=i.tar",
            "--digest-file=d", environment: environment)
        #expect(try kaniko.registry?.digest(of: "app", tag: "1", in: kaniko.workspace) == nil)
        let archive = try kaniko.workspace.run(
            "skopeo", "inspect", "--raw", "docker-archive:i.tar:\(kaniko.host)/app:1")
        #expect(archive.output.contains("layers"))
        #expect(try kaniko.content("d").hasPrefix("sha256:"))
    }

    @Test func `Docker's format is all of Docker's types`() throws {
        let kaniko = try KanikoWorkspace()
        try kaniko.build("-d", "\(kaniko.host)/app", "--image-format=docker")
        let raw = try kaniko.workspace.run(
            "skopeo", "inspect", "--raw", "--tls-verify=false", "docker://\(kaniko.host)/app")
        #expect(raw.output.contains("application/vnd.docker.distribution.manifest.v2+json"))
        #expect(!raw.output.contains("vnd.oci"))
        #expect(try Podman.pulled("\(kaniko.host)/app", in: kaniko.workspace).contains { $0.contains("version") })
    }

    @Test func `several targets are built, the first is the image`() throws {
        let kaniko = try KanikoWorkspace(
            dockerfile: KanikoWorkspace.dockerfile.replacing("FROM scratch", with: "FROM scratch AS final")
                + "FROM final AS test\nRUN test -f /a && echo tested\n")
        let outcome = try kaniko.build(
            "--no-push", "--target=final", "--target=test", "--oci-layout-path=layout", "--cache", "--cache-repo=oci:c")
        #expect(outcome.output.contains("tested"))
        #expect(try kaniko.names(ofLayout: "layout").count == 4)
        try kaniko.workspace.write(
            "app/Dockerfile", kaniko.content("app/Dockerfile").replacing("test -f /a", with: "test -f /none"))
        let failed = try kaniko.executor(
            ["-c", "app", "--no-push", "--target=final,test", "--oci-layout-path=other", "-f", "app/Dockerfile"])
        #expect(failed.exitCode == 1)
        #expect(!FileManager.default.fileExists(atPath: kaniko.path("other")))
    }

    // MARK: - Exit codes

    struct Ending: Sendable, CustomTestStringConvertible {
        var dockerfile = "FROM scratch\nCOPY a.txt /\n"
        var arguments: [String]
        var code: Int32
        /// Of standard error.
        var says: String

        var testDescription: String { says }
    }

    private static let endings = [
        Ending(
            dockerfile: Workspace.busyboxDockerfile + "RUN exit 7\n", arguments: ["--no-push"], code: 7,
            says: "exit 7"),
        Ending(arguments: [], code: 1, says: "you must provide --destination, or use --no-push"),
        Ending(arguments: ["--no-push", "--destinaton=x"], code: 1, says: "did you mean --destination?"),
        Ending(arguments: ["--no-push", "--cache", "true"], code: 1, says: "as --cache=true"),
        Ending(
            arguments: ["--no-push", "--cache"], code: 1,
            says: "if using cache with --no-push, specify cache repo with --cache-repo"),
        Ending(arguments: ["--no-push", "-f", "Dockerfil"], code: 1, says: "there is no Dockerfil"),
        Ending(arguments: ["--no-push", "--context-sub-path=none"], code: 1, says: "none"),
        Ending(dockerfile: "FRM scratch\n", arguments: ["--no-push"], code: 1, says: "FRM"),
        Ending(dockerfile: "FROM scratch\nCOPY none /\n", arguments: ["--no-push"], code: 1, says: "none"),
        Ending(
            arguments: ["-d", "127.0.0.1:1/x"], code: 1,
            says: "error checking push permissions -- make sure you entered the correct tag name"),
        Ending(
            arguments: ["-d", "127.0.0.1:1/x", "--skip-push-permission-check"], code: 1, says: "error building image: "),
        Ending(dockerfile: "FROM 127.0.0.1:1/x\n", arguments: ["--no-push"], code: 1, says: "127.0.0.1:1"),
        Ending(arguments: ["--no-push", "--isolation=none"], code: 1, says: "--isolation none"),
        Ending(arguments: ["--no-push", "--secret=id=x,src=none"], code: 1, says: "none"),
        Ending(arguments: ["--no-push", "--custom-platform=linux/s390x"], code: 1, says: "s390x"),
    ]

    @Test(arguments: endings) func `it ends with kaniko's exit codes, and says why`(ending: Ending) throws {
        let kaniko = try KanikoWorkspace(withRegistry: false, dockerfile: ending.dockerfile)
        let outcome = try kaniko.executor(["-c", kaniko.path("app")] + ending.arguments)
        #expect(outcome.exitCode == ending.code, "\(outcome.errors)")
        #expect(outcome.errors.contains(ending.says), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: kaniko.path("d")))
    }

    @Test func `help and version are on standard output`() throws {
        let kaniko = try KanikoWorkspace(withRegistry: false)
        for arguments in [["--help"], ["-h"], ["version"]] {
            let outcome = try kaniko.executor(arguments, state: nil)
            #expect(outcome.exitCode == 0 && outcome.errors.isEmpty && !outcome.output.isEmpty)
        }
        #expect(try kaniko.executor(["--help"], state: nil).output.contains("-d, --destination"))
        #expect(try kaniko.executor(["--help"], state: nil, from: "warmer").output.contains("-i, --image"))
    }

    // MARK: - What is shown

    @Test func `what steps write is on their streams, messages in the form that was asked for`() throws {
        let kaniko = try KanikoWorkspace(
            withRegistry: false, dockerfile: Workspace.busyboxDockerfile + "RUN echo out; echo err >&2\n")
        let json = try kaniko.build("--no-push", "--log-format=json", "--use-new-run")
        #expect(json.output == "out\n")
        let lines = json.errors.split(separator: "\n").filter { $0 != "err" }
        for line in lines {
            let fields = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
            #expect(fields.keys.sorted() == ["level", "msg", "time"])
        }
        #expect(lines.first?.contains("--use-new-run does nothing: ") == true)
        let quiet = try kaniko.build("--no-push", "-v", "error")
        #expect(quiet.output == "out\n")
        #expect(quiet.errors == "err\n")
        #expect(try kaniko.build("--no-push", "--log-format=text").errors.contains("level=info msg=\"#1 "))
        #expect(try kaniko.build("--no-push", "--log-timestamp").errors.contains("INFO[20"))
        #expect(try kaniko.build("--no-push", "-vdebug").errors.contains("DEBU[00"))
    }

    @Test func `a dry run prints a batch manifest that does the same`() throws {
        let kaniko = try KanikoWorkspace(withRegistry: false)
        let printed = try kaniko.build(
            "--dryrun", "--no-push", "--oci-layout-path=layout", "--reproducible", "--label=x=${y}")
        let manifest = try #require(printed.output.firstRange(of: "\n\n")).lowerBound
        try kaniko.workspace.write("batch.yaml", String(printed.output[..<manifest]) + "\n")
        #expect(!FileManager.default.fileExists(atPath: kaniko.path("layout")))
        try kaniko.build("--no-push", "--oci-layout-path=layout", "--reproducible", "--label=x=${y}")
        let digest = try kaniko.digest("oci:\(kaniko.path("layout"))")
        let batch = try kaniko.workspace.buildAll("batch.yaml", "-q", "--no-push")
        #expect(batch.output.contains(digest), "\(batch.output)\(batch.errors)")
    }
}
