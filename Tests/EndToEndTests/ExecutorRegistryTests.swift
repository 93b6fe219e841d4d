import Foundation
import SystemPackage
import TestSupport
import Testing

/// `executor`: how registries are reached, and with whose credentials.
@Suite(.enabled(if: DockerRegistry.isInstalled)) struct ExecutorRegistryTests {
    /// Beside `--no-push=false`; `HOST` and `CA` stand for the registry's.
    private static let trust: [(flags: [String], code: Int32)] = [
        ([], 1), (["--insecure"], 1), (["--skip-tls-verify"], 0), (["--skip-tls-verify-registry=HOST"], 0),
        (["--registry-certificate=HOST=CA"], 0), (["--insecure", "--skip-tls-verify"], 0),
        (["--insecure-registry", "HOST", "--skip-tls-verify-registry", "HOST"], 0), (["--skip-tls-verify-pull"], 0),
    ]

    @Test(arguments: trust.map(\.flags)) func `a registry with a certificate of its own`(flags: [String]) throws {
        let kaniko = try KanikoWorkspace(withRegistry: false)
        let registry = try DockerRegistry(.init(tls: true))
        let words = flags.map { $0.replacing("HOST", with: registry.host).replacing("CA", with: registry.ca.string) }
        let outcome = try kaniko.executor(
            ["-c", "app", "-f", "app/Dockerfile", "-d", "\(registry.host)/app"] + words)
        let expected = Self.trust.first { $0.flags == flags }?.code
        #expect(outcome.exitCode == expected, "\(outcome.errors)")
        if expected == 1 { #expect(outcome.errors.contains("certificate"), "\(outcome.errors)") }
    }

    @Test func `a wrong password ends the build before it begins, unless that is not asked for`() throws {
        let kaniko = try KanikoWorkspace(withRegistry: false)
        let registry = try DockerRegistry(.init(user: ("u", "right")))
        let build = ["-c", "app", "-f", "app/Dockerfile", "-d", "\(registry.host)/app"]
        for (password, flags, code) in [
            ("wrong", [], 1), ("wrong", ["--skip-push-permission-check"], 1), ("right", [], 0),
        ] as [(String, [String], Int32)] {
            let login = Data("u:\(password)".utf8).base64EncodedString()
            try kaniko.workspace.write(
                "k/.docker/config.json", #"{"auths":{"\#(registry.host)":{"auth":"\#(login)"}}}"#)
            let outcome = try kaniko.executor(
                build + ["--kaniko-dir", "k"] + flags, environment: ["DOCKER_CONFIG": kaniko.path("none")])
            #expect(outcome.exitCode == code, "\(outcome.errors)")
            #expect(outcome.errors.contains("error checking push permissions") == (code == 1 && flags.isEmpty))
            #expect(outcome.errors.contains("#1 ") == (code == 0 || !flags.isEmpty))
            #expect(!outcome.errors.contains(password) && !outcome.errors.contains(login))
        }
    }

    @Test func `a login is kept where docker keeps it`() throws {
        let kaniko = try KanikoWorkspace(withRegistry: false)
        let registry = try DockerRegistry(.init(user: ("u", "right")))
        try kaniko.workspace.write(
            "docker/config.json", #"{"credsStore":"","auths":{"x.example.com":{"auth":"eDp5"}}}"#)
        try kaniko.workspace.run(
            "sh", "-c", "echo right | ./executor login \(registry.host) -u u --password-stdin",
            environment: ["DOCKER_CONFIG": kaniko.path("docker")])
        let kept = try kaniko.content("docker/config.json")
        #expect(kept.contains("x.example.com") && kept.contains(registry.host))
        #expect(try kaniko.workspace.run("stat", "-c", "%a", "docker/config.json").output == "600\n")
        let outcome = try kaniko.executor(
            ["-c", "app", "-f", "app/Dockerfile", "-d", "\(registry.host)/app"],
            environment: ["DOCKER_CONFIG": kaniko.path("docker")])
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(try kaniko.executor(["login", "x"], state: nil).exitCode == 1)
    }

    @Test func `credentials of helpers that are not wanted are not used`() throws {
        let kaniko = try KanikoWorkspace(withRegistry: false)
        let registry = try DockerRegistry(.init(user: ("u", "right")))
        let environment = [
            "CI_REGISTRY": registry.host, "CI_REGISTRY_USER": "u", "CI_REGISTRY_PASSWORD": "right",
            "DOCKER_CONFIG": kaniko.path("none"),
        ]
        for (flag, code) in [("--credential-helpers=", 1), ("--credential-helpers=gitlab", 0), ("--force", 0)] {
            let outcome = try kaniko.executor(
                ["-c", "app", "-f", "app/Dockerfile", "-d", "\(registry.host)/app", flag], environment: environment)
            #expect(outcome.exitCode == Int32(code), "\(flag): \(outcome.errors)")
        }
    }

    @Test func `base images come through mirrors, and without them only where that is allowed`() throws {
        let kaniko = try KanikoWorkspace()
        try kaniko.build("-d", "\(kaniko.host)/hub/library/base:1")
        try kaniko.workspace.write("app/Dockerfile", "FROM base:1\nRUN cat /version\n")
        try kaniko.build("--no-push", "--registry-mirror=\(kaniko.host)/hub", "--skip-default-registry-fallback")
        try kaniko.build("--no-push", environment: ["KANIKO_REGISTRY_MIRROR": "\(kaniko.host)/hub"])
        try kaniko.build(
            "--no-push", "--registry-map", "index.docker.io=\(kaniko.host)/none;index.docker.io=\(kaniko.host)/hub")
        let outcome = try kaniko.executor(
            ["-c", "app", "-f", "app/Dockerfile", "--no-push", "--registry-mirror=\(kaniko.host)/none"]
                + ["--skip-default-registry-fallback"], state: "other")
        #expect(outcome.exitCode == 1)
        #expect(outcome.errors.contains(kaniko.host), "\(outcome.errors)")
    }

    @Test func `the warmer fills a folder that the executor reads, and fails if nothing came`() throws {
        let kaniko = try KanikoWorkspace()
        try kaniko.build("-d", "\(kaniko.host)/base:1")
        try kaniko.workspace.write(
            "other", "ARG B\nFROM \(kaniko.host)/base:$B AS x\nFROM scratch\nCOPY --from=x / /\n")
        func warm(_ arguments: String...) throws -> Int32 {
            try kaniko.executor(arguments + ["--cache-dir=bases"], state: nil, from: "warmer").exitCode
        }
        #expect(try warm("-i", "\(kaniko.host)/none") == 1)
        #expect(try warm("-i", "\(kaniko.host)/none", "-i", "\(kaniko.host)/base:1", "--force") == 0)
        #expect(try warm("-d", "other", "--build-arg", "B=1") == 0)
        #expect(try warm("-d", "other", "--build-arg=B=2") == 1)
        #expect(try warm() == 1)
        #expect(try warm("-d", "none") == 1)
        let names = try kaniko.workspace.run("cat", "bases/index.json").output
        #expect(names.contains("\(kaniko.host)/base:1"))
        // The blobs come from the folder: the registry has the manifests alone.
        try kaniko.workspace.run("sh", "-c", "find registry -path '*/blobs/sha256/*' -name data -size +64k -delete")
        try kaniko.workspace.write("app/Dockerfile", "FROM \(kaniko.host)/base:1\nRUN cat /version\n")
        try kaniko.build("--no-push", "--cache-dir", "bases", state: "fresh")
        let without = try kaniko.executor(["-c", "app", "-f", "app/Dockerfile", "--no-push"], state: "third")
        #expect(without.exitCode == 1)
    }
}
