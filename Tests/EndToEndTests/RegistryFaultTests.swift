import Foundation
import TestSupport
import Testing

/// Registries that fail for a while, for ever, or let nobody in.
@Suite struct RegistryFaultTests {
    /// A base in the store only, and two images, each in a registry of its own.
    private func prepared(_ left: TestRegistry, _ right: TestRegistry, retry: String = "") throws -> Workspace {
        let workspace = try Workspace("registry-faults")
        try workspace.writeBusybox("base")
        try workspace.write("base/Dockerfile", Workspace.busyboxDockerfile)
        try workspace.write("left/Dockerfile", "FROM base\nRUN echo left > /side\n")
        try workspace.write("right/Dockerfile", "FROM base\nRUN echo right > /side\n")
        try workspace.write(
            "batch.yaml",
            """
            version: 1
            images:
              base: base
              left: {context: left, tags: ["\(left.host)/p/left:1"]\(retry)}
              right: {context: right, tags: ["\(right.host)/p/right:1"]}

            """)
        return workspace
    }

    private func statuses(_ outcome: Outcome) throws -> [String: RunDocument.Image] {
        let document = try JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8))
        #expect(document.exitCode == outcome.exitCode)
        return Dictionary(uniqueKeysWithValues: document.images.map { ($0.image, $0) })
    }

    /// The registry has the image of that digest, whole.
    private func expectPushed(_ registry: TestRegistry, _ repository: String, _ digest: String?) throws {
        let digest = try #require(digest)
        let manifest = try #require(registry.manifest(repository, "1"), "\(repository):1 is missing")
        #expect(registry.manifest(repository, digest) == manifest)
        let content = try #require(JSONSerialization.jsonObject(with: Data(manifest)) as? [String: Any])
        let layers = try #require(content["layers"] as? [[String: Any]])
        let config = try #require(content["config"] as? [String: Any])
        #expect(layers.count >= 2)
        for blob in layers + [config] {
            #expect(registry.hasBlob(repository, try #require(blob["digest"] as? String)))
        }
    }

    @Test func `a push gets through dropped connections, 429 and 500`() throws {
        let registry = TestRegistry()
        let other = TestRegistry()
        registry.inject(.dropRequest(after: 70_000), method: "PUT", path: "/blobs/uploads/", times: 2)
        registry.inject(.dropRequest(after: 70_000), method: "PATCH", path: "/blobs/uploads/", times: 2)
        registry.inject(.status(429, headers: ["Retry-After": "1"]), method: "POST", path: "/blobs/uploads/")
        registry.inject(.status(500), method: "POST", path: "/blobs/uploads/", times: 2)
        registry.inject(.status(503), method: "PUT", path: "/manifests/", times: 2)
        let workspace = try prepared(registry, other)
        let outcome = try workspace.buildAll("batch.yaml", "--json")
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        let images = try statuses(outcome)
        try expectPushed(registry, "p/left", images["left"]?.digest)
        try expectPushed(other, "p/right", images["right"]?.digest)
        #expect(registry.count("PUT", "/manifests/1") == 3)
    }

    @Test func `an image is tried again as its retry says`() throws {
        let registry = TestRegistry()
        let other = TestRegistry()
        // More often than the client tries by itself.
        registry.inject(.status(503), method: "PUT", path: "/manifests/", times: 6)
        let workspace = try prepared(registry, other, retry: ", retry: {attempts: 3, when: [registry]}")
        let outcome = try workspace.buildAll("batch.yaml", "--json", "--progress", "plain")
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("left: trying again in"))
        try expectPushed(registry, "p/left", try statuses(outcome)["left"]?.digest)
        let rows = try workspace.run(
            "sqlite3", workspace.path("state/ledger.sqlite"),
            "SELECT attempt, status, ifnull(error_class, '') FROM builds WHERE image = 'left' ORDER BY seq"
        ).lines
        // The image was built once; only its outputs are tried again.
        #expect(rows == ["1|built|"])
    }

    @Test func `a registry that stays broken is exit code 4, and concerns its image alone`() throws {
        let broken = TestRegistry()
        let fine = TestRegistry()
        broken.inject(.status(500), method: "PUT", path: "/manifests/", times: 1000)
        let workspace = try prepared(broken, fine)
        let outcome = try workspace.buildAll("batch.yaml", "--json")
        #expect(outcome.exitCode == 4, "\(outcome.errors)")
        let images = try statuses(outcome)
        #expect(images.mapValues(\.status) == ["base": "built", "left": "failed", "right": "built"])
        let failure = try #require(images["left"]?.error)
        #expect(failure.class == "registry")
        #expect(failure.message.contains("http://\(broken.host)/v2/p/left/manifests/1: HTTP 500"), "\(failure.message)")
        #expect(broken.manifest("p/left", "1") == nil)
        try expectPushed(fine, "p/right", images["right"]?.digest)
        // Nothing is built again once the registry works.
        let mended = TestRegistry()
        let text = try String(contentsOfFile: workspace.path("batch.yaml"), encoding: .utf8)
        try workspace.write("batch.yaml", text.replacingOccurrences(of: broken.host, with: mended.host))
        let again = try workspace.buildAll("batch.yaml", "--json")
        #expect(again.exitCode == 0, "\(again.errors)")
        let second = try statuses(again)
        #expect(second["left"]?.cachedSteps == second["left"]?.steps)
        #expect(second["right"]?.status == "fresh")
        try expectPushed(mended, "p/left", second["left"]?.digest)
    }

    @Test func `a registry that is not there is exit code 4 and a network failure`() throws {
        let gone = TestRegistry()
        let host = gone.host
        gone.stop()
        let fine = TestRegistry()
        let workspace = try prepared(gone, fine)
        let outcome = try workspace.buildAll("batch.yaml", "--json")
        #expect(outcome.exitCode == 4, "\(outcome.errors)")
        let images = try statuses(outcome)
        #expect(images["left"]?.error?.class == "network")
        #expect(images["left"]?.error?.message.contains(host) == true)
        #expect(images["right"]?.status == "built")
    }

    @Test(arguments: [
        TestRegistry.Access.basic(user: "builder", password: "correct-horse"),
        .bearer(user: "builder", password: "correct-horse"),
    ])
    func `401 says where credentials were looked for, and a password is nowhere`(access: TestRegistry.Access) throws {
        let registry = TestRegistry(access: access)
        let fine = TestRegistry()
        let workspace = try prepared(registry, fine)
        let environment = ["DOCKER_CONFIG": workspace.path("docker"), "HOME": workspace.path("home")]
        let without = try workspace.buildAll("batch.yaml", "--json", environment: environment)
        #expect(without.exitCode == 4, "\(without.errors)")
        let message = try #require(try statuses(without)["left"]?.error?.message)
        #expect(message.contains("HTTP 401"), "\(message)")
        #expect(message.contains(workspace.path("docker/config.json")), "\(message)")

        func login(_ password: String) throws -> Outcome {
            let secret = Data("builder:\(password)".utf8).base64EncodedString()
            try workspace.write("docker/config.json", #"{"auths": {"\#(registry.host)": {"auth": "\#(secret)"}}}"#)
            return try workspace.buildAll("batch.yaml", "--json", "-v", environment: environment)
        }
        let wrong = try login("wrong-password")
        #expect(wrong.exitCode == 4, "\(wrong.errors)")
        #expect(try statuses(wrong)["left"]?.error?.message.contains("the credentials were refused") == true)
        let right = try login("correct-horse")
        #expect(right.exitCode == 0, "\(right.errors)")
        try expectPushed(registry, "p/left", try statuses(right)["left"]?.digest)

        let secrets = ["wrong-password", "correct-horse"].flatMap {
            [$0, Data("builder:\($0)".utf8).base64EncodedString()]
        }
        for secret in secrets {
            for outcome in [without, wrong, right] {
                #expect(!outcome.output.contains(secret))
                #expect(!outcome.errors.contains(secret))
            }
            let found = try Program.run(["grep", "-r", "-l", "-a", "-F", secret, "state"], in: workspace.folder)
            #expect(found.exitCode == 1, "\(found.output)\(found.errors)")
        }
    }

    /// Starts a run and waits until the registry has had a request that it never answers.
    private func startHanging(_ registry: TestRegistry, _ method: String, _ path: String, in workspace: Workspace)
        throws
        -> ChildProcess
    {
        let process = try Program.start(
            [Program.buildAll, "batch.yaml", "--progress", "none", "--state", workspace.state], in: workspace.folder)
        for _ in 0..<1000 where registry.count(method, path) == 0 { usleep(10_000) }
        try #require(registry.count(method, path) > 0)
        return process
    }

    @Test(arguments: [("POST", "/blobs/uploads/"), ("PUT", "/manifests/"), ("GET", "/manifests/")])
    func `Ctrl-C does not wait for a registry that does not answer`(method: String, path: String) throws {
        let registry = TestRegistry()
        registry.inject(.hang, method: method, path: path, times: 1000)
        let workspace = try prepared(registry, TestRegistry())
        // A GET is one for the base image.
        if method == "GET" { try workspace.write("left/Dockerfile", "FROM \(registry.host)/p/base:1\n") }
        let process = try startHanging(registry, method, path, in: workspace)
        let start = Date.now
        process.send(SIGINT)
        #expect(process.wait() == 130)
        #expect(Date.now.timeIntervalSince(start) < soon)
        #expect(try workspace.run("ls", "-A", "state/tmp").output == "")
        let rows = try workspace.run(
            "sqlite3", workspace.path("state/ledger.sqlite"), "SELECT status FROM builds WHERE image = 'left'"
        ).lines
        #expect(rows == ["cancelled"])
    }

    @Test func `killed in the middle of a push, the next run pushes the same image`() throws {
        let registry = TestRegistry()
        registry.inject(.hang, method: "PUT", path: "/manifests/")
        let other = TestRegistry()
        let workspace = try prepared(registry, other)
        let process = try startHanging(registry, "PUT", "/manifests/", in: workspace)
        process.send(SIGKILL)
        #expect(process.wait() == 128 + SIGKILL)
        #expect(registry.manifest("p/left", "1") == nil)
        let sent = registry.uploadedBytes
        let next = try workspace.buildAll("batch.yaml", "--json")
        #expect(next.exitCode == 0, "\(next.errors)")
        let image = try #require(try statuses(next)["left"])
        #expect(image.cachedSteps == image.steps)
        try expectPushed(registry, "p/left", image.digest)
        // All blobs were there already.
        #expect(registry.uploadedBytes == sent)
    }
}
