import HTTP
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Registry

@Suite struct RegistryEnvironmentTests {
    private func hosts(_ variables: [String: String]) throws -> [String: RegistryConfiguration.Host] {
        let named = variables.map { ("BUILD_ALL_REGISTRY_\($0.key)", $0.value) }
        return try RegistryEnvironment(variables: Dictionary(uniqueKeysWithValues: named)).hosts
    }

    @Test(arguments: [
        "m.example.com/hub,n.example.com", "m.example.com/hub ; n.example.com;", "m.example.com/hub\nn.example.com",
    ])
    func `mirrors of Docker Hub are a list`(text: String) throws {
        let host = try hosts(["MIRROR": text])["docker.io"]
        #expect(host?.mirrors.map(\.description) == ["m.example.com/hub", "n.example.com"])
        #expect(host?.fallsBack == true)
    }

    @Test func `a map is what kaniko takes`() throws {
        let hosts = try hosts(["MAP": "docker.io=a.example.com/x;quay.io=b.example.com;index.docker.io=c.example.com"])
        #expect(hosts["docker.io"]?.mirrors.map(\.description) == ["a.example.com/x", "c.example.com"])
        #expect(hosts["quay.io"]?.mirrors.map(\.description) == ["b.example.com"])
    }

    @Test func `without fallback a mirrored registry is not asked, all others are`() throws {
        let hosts = try hosts(["MIRROR": "a.example.com", "HTTP": "b.example.com", "FALLBACK": "false"])
        #expect(hosts["docker.io"]?.fallsBack == false)
        #expect(hosts["b.example.com"]?.fallsBack == true)
    }

    @Test func `certificates are kaniko's pairs`() throws {
        let hosts = try hosts([
            "CA": "a.example.com=/a.pem;a.example.com=/b.pem", "CERT": "a.example.com=/c.crt,/c.key;b:1=/d.crt,/d.key",
            "INSECURE": "c.example.com, d.example.com",
        ])
        #expect(hosts["a.example.com"]?.tls.authorities == ["/a.pem", "/b.pem"])
        #expect(hosts["a.example.com"]?.tls.cert == "/c.crt" && hosts["a.example.com"]?.tls.key == "/c.key")
        #expect(hosts["b:1"]?.tls.key == "/d.key")
        #expect(hosts["d.example.com"]?.tls.insecure == true)
    }

    @Test(
        arguments: [
            ("MIRROR", "mirror", "\"mirror\" is not HOST[:PORT][/PREFIX]"),
            ("MAP", "a.example.com", "\"a.example.com\" is not REGISTRY=VALUE"),
            ("MAP", "docker.io=x", "\"x\" is not HOST[:PORT][/PREFIX]"),
            ("CA", "/ca.pem", "\"/ca.pem\" is not REGISTRY=VALUE"),
            ("CERT", "r=/c.crt", "\"/c.crt\" is not CERTIFICATE,KEY"),
            ("FALLBACK", "no", "\"no\" is neither true nor false"),
        ])
    func `what cannot be understood is an error with the variable`(name: String, value: String, reason: String) throws {
        let error = RegistryError.environment(variable: "BUILD_ALL_REGISTRY_\(name)", reason: reason)
        #expect(throws: error) { try hosts([name: value]) }
    }

    @Test(.enabled(if: DockerRegistry.isInstalled), arguments: ["HOST:PORT", "HOST"])
    func `certificates are found where docker has them`(name: String) async throws {
        let registry = try DockerRegistry(.init(tls: true))
        let folder = try TemporaryFolder()
        let port = registry.host.drop { $0 != ":" }.dropFirst()
        let host = name.replacing("HOST", with: "127.0.0.1").replacing("PORT", with: port)
        try Tool.run("mkdir", folder.path.appending(host).string).checked()
        _ = try folder.write([UInt8](try read(registry.ca)), to: "\(host)/ca.crt")
        func client(_ folders: [FilePath]) -> RegistryClient {
            .forTests {
                $0.hosts = [registry.host: .init(http: false)]
                $0.certificates = CertificateFolders(folders)
            }
        }
        let reference = try ImageReference("\(registry.host)/app:v1")
        #expect(try await client(["/nowhere", folder.path]).digest(of: reference) == nil)
        await #expect(throws: RegistryError.self) { try await client(["/nowhere"]).digest(of: reference) }
    }

    @Test func `all that is read by its name is known`() throws {
        let folder = try TemporaryFolder()
        try Tool.run("mkdir", folder.path.appending("h").string).checked()
        let authority = try folder.write("", to: "h/ca.crt")
        let client = RegistryClient.forTests {
            $0.credentials = CredentialChain(environment: ["HOME": "/h", "REGISTRY_AUTH_FILE": "/auth"])
            $0.hosts = ["r": .init(authorities: ["/ca"], cert: "/cert", key: "/key")]
            $0.otherTLS.authorities = ["/other"]
            $0.certificates = CertificateFolders([folder.path, "/nowhere"])
        }
        let files = Set(client.hostFiles)
        let named = ["/ca", "/cert", "/key", "/other", "/auth", "/h/.docker/config.json", "/h/.aws/config"]
        #expect(files.isSuperset(of: named + ["/h/.config/containers/auth.json"]))
        #expect(files.isSuperset(of: [folder.path.string, folder.path.appending("h").string, authority.string]))
        #expect(files.contains("/nowhere"))
    }

    @Test func `a client's certificate needs its key, and what the manifest says goes first`() throws {
        let folder = try TemporaryFolder()
        try Tool.run("mkdir", folder.path.appending("r.example.com").string).checked()
        for name in ["b.crt", "a.crt", "alone.cert", "client.cert", "client.key"] {
            _ = try folder.write("", to: "r.example.com/\(name)")
        }
        var configuration = RegistryConfiguration()
        configuration.certificates = CertificateFolders([folder.path])
        let origin = try #require(HTTPURL("https://r.example.com/")).origin
        let place = folder.path.appending("r.example.com")
        #expect(configuration.tls(for: origin).authorities == [place.appending("a.crt"), place.appending("b.crt")])
        #expect(configuration.tls(for: origin).key == place.appending("client.key"))
        configuration.hosts["r.example.com"] = .init(authorities: ["/mine.pem"])
        #expect(configuration.tls(for: origin).authorities == ["/mine.pem"])
        #expect(configuration.tls(for: origin).cert == place.appending("client.cert"))
    }
}
