import Jobs
import Manifest
import Planning
import SystemPackage
import TestSupport
import Testing

/// Secrets, agents, entitlements and named contexts, from the manifest into the job.
@Suite struct PrivilegeTests {
    private func plan(
        _ fields: String, dockerfile: String = "FROM scratch", environment: [String: String] = [:],
        files: [String: String] = [:]
    ) throws -> (Project, BuildPlan) {
        let lines = fields.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
        let text = dockerfile.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n")
        let project = try Project(
            files.merging(["manifest.yaml": "version: 1\nimages:\n  a:\n    inline: |\n\(text)\n\(lines)\n"]) { $1 })
        return (project, try BuildPlan(manifest: project.manifest(environment: environment)))
    }

    private func message(_ fields: String, environment: [String: String] = [:], files: [String: String] = [:]) throws
        -> String
    {
        var shown = ""
        let project = try Project(files)
        try project.write(
            "version: 1\nimages:\n  a: { inline: FROM scratch, \(fields) }\n", to: "manifest.yaml")
        let manifest = try project.manifest(environment: environment)
        #expect(throws: ManifestErrors.self) {
            do {
                _ = try BuildPlan(manifest: manifest)
            } catch {
                shown = "\(error)".replacing("\(project.folder)", with: ".")
                throw error
            }
        }
        return String(shown.prefix { $0 != "\n" })
    }

    @Test func `the job names secrets and agents, the plan knows where they are`() throws {
        let socket = try TestFolder()
        Shell("python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"\(socket.path("agent"))\")'")
        let (project, plan) = try plan(
            """
            secrets: [TOKEN, { id: file, file: s }]
            ssh: [default, { id: other, socket: \(socket.path("agent")) }, { id: keys, keys: [k] }]
            entitlements: [network.host]
            """,
            environment: ["TOKEN": "x", "SSH_AUTH_SOCK": socket.path("agent")], files: ["s": "secret", "k": "key"])
        let job = try plan.job("a")
        #expect(job.secretIDs == ["TOKEN", "file"])
        #expect(job.agentIDs == ["default", "other", "keys"])
        #expect(job.entitlements == ["network.host"])
        let image = try #require(plan.images.first)
        #expect(
            image.secrets == [
                PlannedSecret(id: "TOKEN", source: .environment("TOKEN")),
                PlannedSecret(id: "file", source: .file("\(project.folder)/s")),
            ])
        #expect(
            image.agents == [
                PlannedAgent(id: "default", source: .socket(socket.path("agent"))),
                PlannedAgent(id: "other", source: .socket(socket.path("agent"))),
                PlannedAgent(id: "keys", source: .keys(["\(project.folder)/k"])),
            ])
    }

    @Test(arguments: [
        (
            "secrets: [NOT_THERE]",
            "manifest.yaml:3:40: secret \"NOT_THERE\": the environment variable NOT_THERE is not set"
        ),
        ("secrets: [{ id: x, env: Y }]", "manifest.yaml:3:40: secret \"x\": the environment variable Y is not set"),
        ("secrets: [{ id: x, file: no }]", "manifest.yaml:3:40: secret \"x\": ./no does not exist"),
        ("secrets: [{ id: x, file: . }]", "manifest.yaml:3:40: secret \"x\": . is a folder"),
        ("secrets: [{ id: x, file: big }]", "manifest.yaml:3:40: secret \"x\": ./big is larger than 500 KiB"),
        ("ssh: [default]", "manifest.yaml:3:36: ssh agent \"default\": SSH_AUTH_SOCK is not set"),
        ("ssh: [{ id: x, socket: big }]", "manifest.yaml:3:36: ssh agent \"x\": ./big is no socket"),
        ("ssh: [{ id: x, keys: [no] }]", "manifest.yaml:3:36: ssh agent \"x\": ./no does not exist"),
        ("contexts: { l: \"oci-layout://no\" }", "manifest.yaml:3:45: context \"l\": ./no does not exist"),
        (
            "contexts: { g: \"https://h/x.git?nope=1\" }",
            "manifest.yaml:3:45: context \"g\": unexpected query \"nope\""
        ),
        (
            "contexts: { g: \"file://x/y.git\" }",
            "manifest.yaml:3:45: context \"g\": there is no absolute path after file://"
        ),
    ])
    func `what is not there is a fault of the manifest, with its place`(fields: String, expected: String) throws {
        let text = try message(fields, files: ["big": String(repeating: "x", count: 500 << 10 | 1)])
        #expect(text.contains(expected), "\(text)")
    }

    @Test func `a password that comes from outside is not in what is wrong with its context`() throws {
        let files = ["manifest.yaml": ""]
        let project = try Project(files)
        for url in ["https://u:${t}@h/x.git?nope=1", "ftp://u:${t}@h/x"] {
            try project.write(
                """
                version: 1
                vars: { t: { env: TOKEN } }
                images:
                  a: { inline: FROM scratch, contexts: { c: "\(url)" } }

                """, to: "manifest.yaml")
            let error = #expect(throws: ManifestErrors.self) {
                _ = try BuildPlan(manifest: project.manifest(environment: ["TOKEN": "hunter2"]))
            }
            #expect(error.map { "\($0)".contains("hunter2") } == false)
        }
    }

    /// It could be read by one step only, and by that only while somebody writes.
    @Test func `a pipe is no secret`() throws {
        let folder = try TestFolder()
        Shell("mkfifo \(folder.path)/pipe")
        let text = try message("secrets: [{ id: x, file: \(folder.path)/pipe }]", files: [:])
        #expect(text.contains("secret \"x\": \(folder.path)/pipe is a pipe"), "\(text)")
    }

    @Test func `named contexts reach the job as what they are`() throws {
        let (project, plan) = try plan(
            """
            contexts:
              n: "docker-image://scratch"
              l: "oci-layout://layout:v1"
              t: "https://example.com/x.tar.gz"
              g: "https://example.com/x.git?keep-git-dir=1#v1:sub"
              f: "file:///srv/x.git#main"
              c: "ssh://git@example.com/x?ref=main&commit=0123456789012345678901234567890123456789&fetch-by-commit=1"
            """, files: ["layout/index.json": "{}"])
        let commit = "0123456789012345678901234567890123456789"
        #expect(
            try plan.job("a").namedContexts == [
                "n": .scratch, "l": .layout(folder: "\(project.folder)/layout", reference: "v1"),
                "t": .archive(ArchiveSource(url: "https://example.com/x.tar.gz")),
                "g": .git(
                    GitCheckout(
                        remote: "https://example.com/x.git", reference: "v1", subfolder: "sub", keepsGitFolder: true)),
                "f": .git(GitCheckout(remote: "file:///srv/x.git", reference: "main")),
                "c": .git(GitCheckout(remote: "ssh://git@example.com/x", reference: commit, commit: commit)),
            ])
    }

    @Test(
        arguments: [
            ("RUN --mount=type=secret,id=TOKEN x", nil), ("RUN --mount=type=cache,target=/x x", nil),
            ("RUN --mount=type=secret,id=$ID x", nil), ("RUN --mount=type=ssh,id=$ID x", nil),
            (
                "RUN --mount=type=secret,id=x,required=true x",
                "a (inline):2: RUN mounts the secret \"x\", which the image does not list under secrets: the step will fail"
            ),
            (
                "RUN --mount=type=secret,target=/a/y x",
                "a (inline):2: RUN mounts the secret \"y\", which the image does not list under secrets: the step runs without it"
            ),
            (
                "RUN --mount=type=ssh x",
                "a (inline):2: RUN mounts the ssh agent \"default\", which the image does not list under ssh: the step runs without it"
            ),
        ] as [(String, String?)])
    func `a mount of what the image does not list is a warning`(run: String, warning: String?) throws {
        let (_, plan) = try plan(
            "secrets: [TOKEN]", dockerfile: "FROM scratch\n\(run)", environment: ["TOKEN": "x"])
        #expect(plan.images.first?.warnings == [warning].compactMap { $0 })
    }
}
