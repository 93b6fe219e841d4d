import Foundation
import TestSupport
import Testing

/// Credentials get an image into a registry that wants them, and are nowhere else afterwards or meanwhile.
@Suite struct CredentialTests {
    private static let password = "pw-\(UUID().uuidString)"
    private static let pair = Data("u:\(password)".utf8).base64EncodedString()

    /// Where a test leaves the credentials: files, and variables.
    struct Place: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let files: @Sendable (_ host: String) -> [String: String]
        let variables: @Sendable (_ host: String, _ folder: String) -> [String: String]
    }

    private static let entry: @Sendable (String) -> String = { #"{"auths":{"\#($0)":{"auth":"\#(pair)"}}}"# }

    private static let places = [
        Place(
            testDescription: "docker's file", files: { ["docker/config.json": entry($0)] },
            variables: { ["DOCKER_CONFIG": "\($1)/docker"] }),
        Place(
            testDescription: "podman's file", files: { ["auth.json": entry("\($0)/p")] },
            variables: { ["REGISTRY_AUTH_FILE": "\($1)/auth.json"] }),
        Place(
            testDescription: "a variable", files: { _ in [:] },
            variables: { host, _ in ["DOCKER_AUTH_CONFIG": entry(host)] }),
        Place(
            testDescription: "GitLab's variables", files: { _ in [:] },
            variables: { host, _ in
                ["CI_REGISTRY": host, "CI_REGISTRY_USER": "u", "CI_REGISTRY_PASSWORD": password]
            }),
        Place(
            testDescription: "a helper program",
            files: { host in
                [
                    "docker/config.json": #"{"credHelpers":{"\#(host)":"test"}}"#, "password": password,
                    "bin/docker-credential-test": """
                    #!/bin/sh
                    read -r server
                    printf '{"ServerURL":"%s","Username":"u","Secret":"%s"}' "$server" "$(cat "${0%/*}/../password")"

                    """,
                ]
            }, variables: { ["DOCKER_CONFIG": "\($1)/docker", "PATH": "\($1)/bin:\(Self.path)"] }),
    ]

    private static let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"

    private func workspace(_ registry: TestRegistry, _ place: Place) throws -> (Workspace, [String: String]) {
        let workspace = try Workspace("credentials")
        try workspace.writeBusybox("app")
        try workspace.write(
            "app/Dockerfile",
            Workspace.busyboxDockerfile
                + "RUN [\"/bin/sh\", \"-c\", \"/bin/cat /proc/*/environ /proc/*/cmdline > /seen; /bin/env >> /seen; /bin/sleep 0.3\"]\n"
        )
        try workspace.write(
            "batch.yaml", "version: 1\nimages:\n  app: {context: app, tags: [\"\(registry.host)/p/app:1\"]}\n")
        for (name, text) in place.files(registry.host) { try workspace.write("secret/\(name)", text, mode: 0o755) }
        var variables = ["DOCKER_CONFIG": "/nonexistent", "REGISTRY_AUTH_FILE": "", "XDG_RUNTIME_DIR": ""]
        variables.merge(place.variables(registry.host, workspace.path("secret"))) { $1 }
        return (workspace, variables)
    }

    /// Files below a folder, packed ones unpacked, that hold the password or what is sent of it.
    private func leaks(in path: String, of workspace: Workspace) throws -> [String] {
        try workspace.write("secret/forms", "\(Self.password)\n\(Self.pair)\n")
        let script = """
            find "$1" -type f | while read -r file; do
                if grep -qaFf secret/forms "$file" || { gzip -dc < "$file" 2>/dev/null | grep -qaFf secret/forms; }; then
                    echo "$file"
                fi
            done
            """
        return try workspace.run("sh", "-c", script, "sh", path).lines
    }

    /// What every process but ours and its own had for arguments and variables, while `body` ran. Those that have the
    /// variables from us are the tests' own `build-all` and nobody else.
    private func watchingProcesses(_ workspace: Workspace, _ body: () throws -> Void) throws {
        let script = """
            while [ ! -e stop ]; do
                for process in /proc/[0-9]*; do
                    [ "$(readlink "$process/exe")" = "$1" ] || cat "$process/environ" >> seen 2>/dev/null
                    cat "$process/cmdline" >> seen 2>/dev/null
                done
                sleep 0.02
            done
            """
        let watcher = try Program.start(["sh", "-c", script, "sh", Program.buildAll], in: workspace.folder)
        defer { watcher.wait() }
        defer { _ = FileManager.default.createFile(atPath: workspace.path("stop"), contents: nil) }
        try body()
    }

    @Test(arguments: places)
    func `an image is pushed with what is found, which stays where it was`(place: Place) throws {
        let registry = TestRegistry(access: .basic(user: "u", password: Self.password))
        let (workspace, variables) = try workspace(registry, place)
        try watchingProcesses(workspace) {
            let outcome = try workspace.buildAll("batch.yaml", "--json", "--verbose", environment: variables)
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            try workspace.write("said/all", outcome.output + outcome.errors)
        }
        #expect(registry.manifest("p/app", "1") != nil)
        try workspace.write("said/history", workspace.buildAll("history", "--json").output)
        for folder in ["state", "said", "app"] { #expect(try leaks(in: folder, of: workspace) == []) }
        #expect(try leaks(in: "seen", of: workspace) == [])
    }

    @Test func `refused credentials are named by nothing but the refusal`() throws {
        let registry = TestRegistry(access: .basic(user: "u", password: "another"))
        let (workspace, variables) = try workspace(registry, Self.places[0])
        let outcome = try workspace.buildAll("batch.yaml", environment: variables)
        #expect(outcome.exitCode != 0)
        try workspace.write("said/all", outcome.output + outcome.errors)
        #expect((outcome.output + outcome.errors).contains("the credentials were refused"))
        for folder in ["state", "said"] { #expect(try leaks(in: folder, of: workspace) == []) }
    }

    @Test func `a helper that is not installed is named with the file that wants it`() throws {
        let registry = TestRegistry(access: .basic(user: "u", password: "another"))
        let place = Place(
            testDescription: "", files: { ["docker/config.json": #"{"credHelpers":{"\#($0)":"absent"}}"#] },
            variables: { ["DOCKER_CONFIG": "\($1)/docker"] })
        let (workspace, variables) = try workspace(registry, place)
        let outcome = try workspace.buildAll("batch.yaml", environment: variables)
        #expect(outcome.exitCode != 0)
        let text =
            "\(workspace.path("secret/docker/config.json")) leaves the credentials for \(registry.host) to"
            + " docker-credential-absent: it is not installed: there is none in PATH"
        #expect((outcome.output + outcome.errors).contains(text))
    }
}
