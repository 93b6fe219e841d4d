import HTTP
import SystemPackage
import Testing

@testable import Registry

@Suite struct CredentialFilesTests {
    private static func basic(_ user: String, _ password: String) -> Credentials {
        .basic(user: user, password: Secret(password))
    }

    @Test(
        arguments: [
            // "dTpw" is u:p, "djpx" is v:q
            (#"{"auths":{"r.example.com":{"auth":"dTpw"}}}"#, "r.example.com", basic("u", "p")),
            (#"{"auths":{"r.example.com":{"auth":"dTpw"}}}"#, "r.example.com:5000", nil),
            (#"{"auths":{"r.example.com:5000":{"auth":"dTpw"}}}"#, "r.example.com:5000", basic("u", "p")),
            (#"{"auths":{"https://r.example.com/v1/":{"auth":"dTpw"}}}"#, "r.example.com", basic("u", "p")),
            (#"{"auths":{"https://index.docker.io/v1/":{"auth":"dTpw"}}}"#, "docker.io", basic("u", "p")),
            (#"{"auths":{"docker.io":{"auth":"dTpw"}}}"#, "docker.io", basic("u", "p")),
            (#"{"auths":{"R.Example.com":{"auth":"dTpw"}}}"#, "r.example.com", basic("u", "p")),
            (#"{"auths":{"r":{"auth":"dTpw"},"r/team":{"auth":"djpx"}}}"#, "r", basic("v", "q")),
            (#"{"auths":{"r":{"auth":"dTpw"},"r/te":{"auth":"djpx"}}}"#, "r", basic("u", "p")),
            (#"{"auths":{"r":{"username":"u","password":"a:b"}}}"#, "r", basic("u", "a:b")),
            (#"{"auths":{"r":{"identitytoken":"t"}}}"#, "r", .identityToken(Secret("t"))),
            (#"{"auths":{"r":{"registrytoken":"t"}}}"#, "r", .registryToken(Secret("t"))),
            (#"{"auths":{"r":{}}}"#, "r", nil),
            (#"{"credsStore":"desktop"}"#, "r", nil),
            (#"{"credHelpers":{"other":"x"},"HttpHeaders":{"a":"b"}}"#, "r", nil),
            ("{}", "r", nil),
        ] as [(String, String, Credentials?)])
    func `an entry is found as docker login wrote it`(json: String, registry: String, expected: Credentials?)
        async throws
    {
        let folder = try TemporaryFolder()
        let files = CredentialFiles(files: [try folder.write(json, to: "config.json")])
        #expect(try await files.find(registry: registry, repository: "team/app")?.credentials == expected)
    }

    @Test(arguments: [
        ("{", "it is not the JSON that docker login writes"),
        (#"{"auths":{"r":{"auth":"!"}}}"#, "\"auth\" of r is not user:password in Base64"),
        (#"{"auths":{"r":{"auth":"dXA="}}}"#, "\"auth\" of r is not user:password in Base64"),
    ])
    func `a broken file is an error that does not quote it`(json: String, reason: String) async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(json, to: "config.json")
        await #expect(throws: RegistryError.credentialFile(path: file.string, reason: reason)) {
            try await CredentialFiles(files: [file]).find(registry: "r", repository: "a")
        }
    }

    @Test func `the first file with an entry wins and missing files are passed over`() async throws {
        let folder = try TemporaryFolder()
        let first = try folder.write(#"{"auths":{"other":{"auth":"djpx"}}}"#, to: "1")
        let second = try folder.write(#"{"auths":{"r":{"auth":"dTpw"}}}"#, to: "2")
        let files = CredentialFiles(files: ["/nonexistent/config.json", first, second])
        #expect(try await files.find(registry: "r", repository: "a")?.credentials == Self.basic("u", "p"))
    }

    @Test func `the environment says which files there are`() {
        let files = CredentialFiles(environment: [
            "HOME": "/home/u", "REGISTRY_AUTH_FILE": "/a.json", "XDG_RUNTIME_DIR": "/run/user/1",
        ])
        #expect(
            files.searched(for: "r") == [
                "/a.json", "/home/u/.docker/config.json", "/run/user/1/containers/auth.json",
                "/home/u/.config/containers/auth.json",
            ])
        #expect(CredentialFiles(environment: ["DOCKER_CONFIG": "/d"]).searched(for: "r") == ["/d/config.json"])
    }

    @Test func `a secret prints as nothing else`() {
        let credentials = Self.basic("u", "hunter2")
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), dumped, "\(Secret("hunter2"))"] {
            #expect(!text.contains("hunter2"))
            #expect(text.contains("secret"))
        }
    }
}
