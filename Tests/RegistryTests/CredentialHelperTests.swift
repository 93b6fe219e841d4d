import Foundation
import HTTP
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Registry

/// Helper programs of a test: shell scripts in a folder that is the PATH.
struct HelperFolder {
    let folder: TestFolder
    var environment: [String: String] { ["PATH": "\(folder.path):/usr/bin:/bin", "HOME": folder.path] }

    init() throws { folder = try TestFolder() }

    func add(_ name: String, _ script: String) {
        folder.addProgram("docker-credential-\(name)", script)
    }

    func files(_ json: String) throws -> CredentialFiles {
        let path = folder.path("config.json")
        try json.write(toFile: path, atomically: true, encoding: .utf8)
        return CredentialFiles(files: [FilePath(path)], environment: environment)
    }

    func text(_ name: String) throws -> String {
        try String(contentsOfFile: folder.path(name), encoding: .utf8)
    }
}

@Suite(.timeLimit(.minutes(10))) struct CredentialHelperTests {
    private static let answer =
        #"read -r server; echo "$1 $server" >> "$HOME/asked"; echo "{\"ServerURL\":\"$server\",\"Username\":\"u\",\"Secret\":\"s-$server\"}""#

    @Test(arguments: [
        (#"{"credHelpers":{"r":"x"}}"#, "r", "r"),
        (#"{"credHelpers":{"r":"x"},"auths":{"r":{"auth":"dTpw"}},"credsStore":"y"}"#, "r", "r"),
        (#"{"credsStore":"x"}"#, "r", "r"),
        (#"{"credsStore":"x"}"#, "docker.io", "https://index.docker.io/v1/"),
        (#"{"auths":{"https://r/v1/":{}},"credsStore":"x"}"#, "r", "https://r/v1/"),
        (#"{"credHelpers":{"docker.io":"x"}}"#, "docker.io", "https://index.docker.io/v1/"),
        (#"{"credHelpers":{"r":"x"}}"#, "R", "R"),
    ])
    func `the helper is asked on its standard input`(json: String, registry: String, server: String) async throws {
        let helpers = try HelperFolder()
        helpers.add("x", Self.answer)
        let found = try await helpers.files(json).find(registry: registry, repository: "team/app")
        #expect(found?.credentials == .basic(user: "u", password: Secret("s-\(server)")))
        #expect(try helpers.text("asked") == "get \(server)\n")
    }

    @Test func `entries come before the general helper, and another registry's helper is not asked`() async throws {
        let helpers = try HelperFolder()
        helpers.add("x", "echo asked >&2; exit 1")
        let files = try helpers.files(
            #"{"credHelpers":{"other":"x"},"auths":{"r":{"auth":"dTpw"}},"credsStore":"x"}"#)
        let found = try await files.find(registry: "r", repository: "a")
        #expect(found?.credentials == .basic(user: "u", password: Secret("p")))
    }

    @Test func `the user <token> means an identity token`() async throws {
        let helpers = try HelperFolder()
        helpers.add("x", #"echo '{"Username":"<token>","Secret":"t"}'"#)
        let found = try await helpers.files(#"{"credHelpers":{"r":"x"}}"#).find(registry: "r", repository: "a")
        #expect(found?.credentials == .identityToken(Secret("t")))
    }

    @Test(arguments: [
        "echo credentials not found in native keychain; exit 1", "echo 'Credentials not found' >&2; exit 1",
        #"echo '{"ServerURL":"r","Username":"","Secret":""}'"#,
    ])
    func `a helper that has nothing is no error`(script: String) async throws {
        let helpers = try HelperFolder()
        helpers.add("x", script)
        #expect(try await helpers.files(#"{"credHelpers":{"r":"x"}}"#).find(registry: "r", repository: "a") == nil)
    }

    @Test(arguments: [
        (#"{"credHelpers":{"r":"absent"}}"#, "docker-credential-absent"),
        (#"{"auths":{"r":{}},"credsStore":"absent"}"#, "docker-credential-absent"),
        (#"{"credHelpers":{"r":"../x"}}"#, "docker-credential-../x"),
    ])
    func `a helper that is not installed is named with its file`(json: String, program: String) async throws {
        let helpers = try HelperFolder()
        let files = try helpers.files(json)
        let error = RegistryError.credentialHelper(
            registry: "r", helper: program, file: helpers.folder.path("config.json"),
            reason: "it is not installed: there is none in PATH")
        await #expect(throws: error) { try await files.find(registry: "r", repository: "a") }
    }

    @Test func `a general helper that is not installed has nothing`() async throws {
        let helpers = try HelperFolder()
        let files = try helpers.files(#"{"auths":{"other":{}},"credsStore":"desktop"}"#)
        #expect(try await files.find(registry: "r", repository: "a") == nil)
    }

    @Test(arguments: [
        ("echo hunter2; printf 'locked \\033[31m!\\n' >&2; exit 3", "it ended with 3: locked \\u{1b}[31m!"),
        ("echo hunter2; exit 3", "it ended with 3"),
        ("echo hunter2", "what it wrote is not the JSON that helpers write"),
        (#"echo '{"Username":"hunter2"}'"#, "what it wrote is not the JSON that helpers write"),
    ])
    func `what goes wrong is told without what the helper wrote`(script: String, reason: String) async throws {
        let helpers = try HelperFolder()
        helpers.add("x", script)
        let files = try helpers.files(#"{"credHelpers":{"r":"x"}}"#)
        let error = RegistryError.credentialHelper(
            registry: "r", helper: "docker-credential-x", file: helpers.folder.path("config.json"), reason: reason)
        await #expect(throws: error) { try await files.find(registry: "r", repository: "a") }
        #expect(!"\(error)".contains("hunter2"))
    }

    @Test func `a helper has its own variables, not those that hold what is for us`() async throws {
        let helpers = try HelperFolder()
        helpers.add(
            "x",
            #"env > "$HOME/env"; tr '\0' ' ' < /proc/$$/cmdline > "$HOME/argv"; echo '{"Username":"u","Secret":"p"}'"#)
        let path = helpers.folder.path("config.json")
        try #"{"credHelpers":{"r":"x"},"auths":{"q":{"auth":"dTpodW50ZXIy"}}}"#.write(
            toFile: path, atomically: true, encoding: .utf8)
        var environment = helpers.environment
        environment["AWS_PROFILE"] = "team"
        for name in ["CI_REGISTRY_PASSWORD", "AZURE_STORAGE_ACCESS_KEY", "AZURE_STORAGE_SAS_TOKEN"] {
            environment[name] = "hunter2"
        }
        environment["DOCKER_AUTH_CONFIG"] = #"{"auths":{"q":{"auth":"dTpodW50ZXIy"}}}"#
        environment["DOCKER_CONFIG"] = helpers.folder.path
        _ = try await CredentialFiles(environment: environment).find(registry: "r", repository: "a")
        let seen = try helpers.text("env") + helpers.text("argv")
        #expect(seen.contains("AWS_PROFILE=team"))
        #expect(!seen.contains("hunter2") && !seen.contains("dTpodW50ZXIy"))
    }
}

@Suite(.timeLimit(.minutes(10))) struct CredentialChainTests {
    /// A place that counts how often it is asked, and has something else each time.
    private final class Counter: CredentialPlace {
        let asked = Locked(0)
        let expires: Double?
        let isEmpty: Bool

        init(expires: Double? = nil, isEmpty: Bool = false) { (self.expires, self.isEmpty) = (expires, isEmpty) }

        func find(registry: String, repository: String) -> FoundCredentials? {
            let number = asked.change {
                $0 += 1; return $0
            }
            return isEmpty ? nil : FoundCredentials(.basic(user: "u", password: Secret("\(number)")), expires: expires)
        }
        func searched(for registry: String) -> [String] { ["here"] }
    }

    private func password(_ chain: CredentialChain) async throws -> String? {
        guard case .basic(_, let password) = try await chain.credentials(registry: "r", repository: "a") else {
            return nil
        }
        return password.revealed
    }

    @Test func `what was found is kept, and what is refused is looked for anew`() async throws {
        let place = Counter()
        let chain = CredentialChain([place])
        #expect(try await password(chain) == "1")
        #expect(try await password(chain) == "1")
        chain.forget(.basic(user: "u", password: Secret("0")), registry: "r", repository: "a")
        #expect(try await password(chain) == "1")
        chain.forget(.basic(user: "u", password: Secret("1")), registry: "r", repository: "a")
        #expect(try await password(chain) == "2")
    }

    @Test func `what expires is looked for anew`() async throws {
        let clock = RecordingClock(now: 1000)
        let chain = CredentialChain([Counter(expires: 1100)], clock: clock)
        #expect(try await password(chain) == "1")
        clock.advance(by: 200)
        #expect(try await password(chain) == "2")
    }

    @Test func `that there is nothing is kept too`() async throws {
        let place = Counter(isEmpty: true)
        let chain = CredentialChain([place])
        #expect(try await password(chain) == nil)
        #expect(try await password(chain) == nil)
        #expect(place.asked.change { $0 } == 1)
        #expect(chain.searched(for: "r") == ["here"])
    }

    @Test func `a refused helper is asked once more, and its new token is taken`() async throws {
        for access in [TestRegistry.Access.basic(user: "u", password: "2"), .bearer(user: "u", password: "2")] {
            let registry = TestRegistry(access: access)
            registry.addManifest(Array("{}".utf8), mediaType: "application/json", to: "app", tag: "v1")
            let helpers = try HelperFolder()
            helpers.add(
                "x", #"echo >> "$HOME/n"; echo "{\"Username\":\"u\",\"Secret\":\"$(wc -l < "$HOME/n" | tr -d ' ')\"}""#)
            let files = try helpers.files(#"{"credHelpers":{"\#(registry.host)":"x"}}"#)
            let client = RegistryClient(configuration: RegistryConfiguration(credentials: CredentialChain([files])))
            _ = try await client.tags(of: .init("\(registry.host)/app:v1"))
            _ = try await client.tags(of: .init("\(registry.host)/app:v1"))
            #expect(try helpers.text("n").count == 2)
        }
    }
}

/// A value under a lock.
final class Locked<Value: Sendable>: @unchecked Sendable {
    // Safe because nobody reads or writes without the lock.
    private var value: Value
    private let lock = NSLock()

    init(_ value: Value) { self.value = value }

    func change<Result>(_ body: (inout Value) -> Result) -> Result { lock.withLock { body(&value) } }
}

@Suite struct JobCredentialsTests {
    private static let gitlab = [
        "CI_REGISTRY": "registry.example.com:5050", "CI_JOB_TOKEN": "job", "CI_REGISTRY_USER": "u",
        "CI_REGISTRY_PASSWORD": "p",
    ]

    @Test(
        arguments: [
            (gitlab, "registry.example.com:5050", "u", "p"), (gitlab, "registry.example.com", nil, nil),
            (gitlab, "registry.example.com:5050.evil.example", nil, nil), (gitlab, "docker.io", nil, nil),
            (["CI_REGISTRY": "r.example", "CI_JOB_TOKEN": "job"], "r.example", "gitlab-ci-token", "job"),
            (["CI_REGISTRY": "https://R.example:443/", "CI_JOB_TOKEN": "job"], "r.example", "gitlab-ci-token", "job"),
            (["CI_REGISTRY": "", "CI_JOB_TOKEN": "job"], "", nil, nil),
            (["CI_JOB_TOKEN": "job"], "r.example", nil, nil),
            (["GITHUB_ACTIONS": "true", "GITHUB_TOKEN": "t", "GITHUB_ACTOR": "a"], "ghcr.io", "a", "t"),
            (["GITHUB_ACTIONS": "true", "GITHUB_TOKEN": "t"], "ghcr.io", "x-access-token", "t"),
            (["GITHUB_ACTIONS": "true", "GITHUB_TOKEN": "t"], "evil.ghcr.io", nil, nil),
            (["GITHUB_TOKEN": "t"], "ghcr.io", nil, nil),
        ] as [([String: String], String, String?, String?)])
    func `a job's variables are for its own registry`(
        environment: [String: String], registry: String, user: String?, password: String?
    ) {
        let found = JobCredentials(environment: environment).find(registry: registry, repository: "a")
        #expect(found?.credentials == user.map { .basic(user: $0, password: Secret(password ?? "")) })
    }
}
