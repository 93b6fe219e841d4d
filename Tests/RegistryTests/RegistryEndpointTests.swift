import HTTP
import OCI
import SystemPackage
import Testing

@testable import Registry

@Suite struct RegistryEndpointTests {
    @Test(arguments: [
        ("busybox", "https://registry-1.docker.io/v2/library/busybox/tags"),
        ("r.example.com/a/b", "https://r.example.com/v2/a/b/tags"),
        ("r.example.com:5000/a", "https://r.example.com:5000/v2/a/tags"),
        ("localhost:5000/a", "http://localhost:5000/v2/a/tags"),
        ("[::1]:5000/a", "http://[::1]:5000/v2/a/tags"),
        ("127.0.0.1:1/a", "http://127.0.0.1:1/v2/a/tags"),
        ("plain.example.com/a", "http://plain.example.com/v2/a/tags"),
        ("localhost:443/a", "https://localhost/v2/a/tags"),
    ])
    func `a reference's repository is at a URL`(text: String, expected: String) throws {
        var configuration = RegistryConfiguration()
        configuration.hosts = ["plain.example.com": .init(http: true), "localhost:443": .init(http: false)]
        let endpoint = try RegistryEndpoint(ImageReference(text), configuration)
        #expect(endpoint.url("tags").description == expected)
    }

    @Test(
        arguments: [
            ("https://registry-1.docker.io/", "/hub.pem"), ("https://r.example.com:5000/", "/port.pem"),
            ("https://r.example.com/", "/host.pem"), ("https://r.example.com:5001/", "/host.pem"),
            ("https://storage.example.com/", nil),
        ] as [(String, String?)])
    func `settings of a host are those of its port, else of its name`(text: String, ca: String?) throws {
        var configuration = RegistryConfiguration()
        configuration.hosts = [
            "docker.io": .init(authorities: ["/hub.pem"]), "r.example.com:5000": .init(authorities: ["/port.pem"]),
            "r.example.com": .init(authorities: ["/host.pem"]),
        ]
        let url = try #require(HTTPURL(text))
        #expect(configuration.tls(for: url.origin).authorities.map(\.string) == (ca.map { [$0] } ?? []))
    }
}
