import HTTP
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Registry

/// Registries that have no address here: they are behind a proxy.
@Suite struct ProxiedRegistryTests {
    private func port(_ host: String) throws -> Int { try #require(Int(host.drop { $0 != ":" }.dropFirst())) }

    private func client(
        _ variables: [String: String], hosts: [String: RegistryConfiguration.Host], clock: RecordingClock = .init()
    ) -> RegistryClient {
        .forTests(clock: clock) {
            $0.environment = NetworkEnvironment(variables: variables)
            $0.hosts = hosts
        }
    }

    @Test func `an HTTP registry is asked through HTTP_PROXY in either case`() async throws {
        let registry = TestRegistry()
        let proxy = TestProxy(target: try port(registry.host))
        let image = try TestImage(layers: [noise(200_000)])
        for name in ["http_proxy", "HTTP_PROXY"] {
            let reference = try ImageReference("registry.test/\(name.lowercased()):v1")
            let client = client([name: "http://\(proxy.address)"], hosts: ["registry.test": .init(http: true)])
            try await image.push(to: reference, with: client)
            #expect(try await client.digest(of: reference) == image.digest)
        }
        #expect(proxy.requests.allSatisfy { $0.headers["host"] == "registry.test" })
        #expect(registry.uploadedBytes > 200_000)
    }

    @Test(.enabled(if: DockerRegistry.isInstalled))
    func `an HTTPS registry is asked through a tunnel, with the proxy's user`() async throws {
        let registry = try DockerRegistry(.init(tls: true))
        let proxy = TestProxy(target: try port(registry.host), user: ("pro xy", "p@ss"))
        let hosts = ["registry.test": RegistryConfiguration.Host(authorities: [registry.ca])]
        let reference = try ImageReference("registry.test/app:v1")
        let image = try TestImage(layers: [noise(200_000)])
        let known = client(["HTTPS_PROXY": "http://pro%20xy:p%40ss@\(proxy.address)"], hosts: hosts)
        try await image.push(to: reference, with: known)
        #expect(proxy.requests.allSatisfy { $0.method == "CONNECT" && $0.authorization == nil })

        let clock = RecordingClock()
        let wrong = client(["HTTPS_PROXY": "http://u:geheim@\(proxy.address)"], hosts: hosts, clock: clock)
        let error = await #expect(throws: RegistryError.self) { try await wrong.digest(of: reference) }
        guard case .network(_, _, .proxy, _) = error else { return #expect(Bool(false), "\(error as Any)") }
        #expect(!"\(error as Any)".contains("geheim"))
        #expect(clock.pauses.isEmpty)
    }

    @Test func `NO_PROXY and loopback addresses go past it`() async throws {
        let registry = TestRegistry()
        let proxy = TestProxy(target: try port(registry.host))
        let everything = ["ALL_PROXY": proxy.address]
        _ = try await client(everything, hosts: [:]).digest(of: ImageReference("\(registry.host)/app:v1"))
        let exempt = client(
            everything.merging(["NO_PROXY": ".test"]) { $1 }, hosts: ["registry.test": .init(http: true)])
        await #expect(throws: RegistryError.self) { try await exempt.digest(of: ImageReference("registry.test/a:b")) }
        #expect(proxy.requests.isEmpty)
    }

    @Test func `a proxy that is no URL is an error that does not show it`() async throws {
        let client = client(["HTTP_PROXY": "http://u:geheim@:x"], hosts: ["registry.test": .init(http: true)])
        await #expect(throws: RegistryError.invalidProxy(variable: "HTTP_PROXY")) {
            try await client.digest(of: ImageReference("registry.test/a:b"))
        }
    }

    @Test(.enabled(if: DockerRegistry.isInstalled), arguments: ["SSL_CERT_FILE", "SSL_CERT_DIR"])
    func `authorities of the environment are trusted`(name: String) async throws {
        let registry = try DockerRegistry(.init(tls: true))
        let folder = try TemporaryFolder()
        let hash = try Tool.run("openssl", "x509", "-hash", "-noout", "-in", registry.ca.string).checked().output
        let file = try folder.write([UInt8](try read(registry.ca)), to: hash.prefix(8) + ".0")
        let value = name == "SSL_CERT_FILE" ? file.string : "/nowhere:\(folder.path)"
        let reference = try ImageReference("\(registry.host)/app:v1")
        let trusting = client([name: value], hosts: [registry.host: .init(http: false)])
        #expect(try await trusting.digest(of: reference) == nil)
        // As some images have it: all in one file.
        let whole = try TemporaryFolder()
        _ = try whole.write([UInt8](try read(registry.ca)), to: "ca-certificates.crt")
        let bundled = client(
            ["SSL_CERT_DIR": "/nowhere:\(whole.path)"], hosts: [registry.host: .init(http: false)])
        #expect(try await bundled.digest(of: reference) == nil)
        // Two files are both trusted: the host's own beside the environment's.
        let own = client(
            [name: "/etc/ssl/certs/ca-certificates.crt"],
            hosts: [registry.host: .init(http: false, authorities: [registry.ca])])
        #expect(try await own.digest(of: reference) == nil)
    }
}
