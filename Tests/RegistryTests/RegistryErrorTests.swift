import HTTP
import Testing

@testable import Registry

@Suite struct RegistryErrorTests {
    @Test(arguments: [
        (429, "TOOMANYREQUESTS", true), (500, "", true), (503, "", true), (501, "", false),
        (404, "BLOB_UNKNOWN", false),
        (404, "BLOB_UPLOAD_UNKNOWN", true), (403, "DENIED", false), (400, "", false), (408, "", true),
    ])
    func `what can pass by itself is temporary`(status: Int, code: String, isTemporary: Bool) {
        let error = RegistryError.status(
            operation: "x", url: "u", status: status, errors: [.init(code: code, message: "")], retryAfter: nil)
        #expect(error.isTemporary == isTemporary)
        #expect(RegistryError.gaveUp(attempts: 2, last: error).isTemporary == isTemporary)
    }

    @Test(
        arguments: [
            (
                RegistryError.status(
                    operation: "pull of r/a:b", url: "https://r/v2/a/manifests/b", status: 404,
                    errors: [.init(code: "MANIFEST_UNKNOWN", message: "manifest unknown")], retryAfter: nil),
                "pull of r/a:b: https://r/v2/a/manifests/b: HTTP 404: MANIFEST_UNKNOWN: manifest unknown"
            ),
            (
                .unauthorized(
                    operation: "pull of r/a:b", url: "https://r/", errors: [], hadCredentials: false,
                    searched: ["/x", "/y"]),
                "pull of r/a:b: https://r/: HTTP 401; there are no credentials for it in /x, /y"
            ),
            (
                .unauthorized(
                    operation: "pull of r/a:b", url: "https://r/", errors: [], hadCredentials: true, searched: ["/x"]),
                "pull of r/a:b: https://r/: HTTP 401; the credentials were refused"
            ),
            (
                .gaveUp(
                    attempts: 3,
                    last: .network(
                        operation: "push of r/a:b", url: "https://r/", failure: .timeout, reason: "timed out")),
                "push of r/a:b: https://r/: timed out, after 3 attempts"
            ),
            (
                .credentialHelper(
                    registry: "r", helper: "docker-credential-pass", file: "/c.json",
                    reason: "it is not installed: there is none in PATH"),
                "/c.json leaves the credentials for r to docker-credential-pass: it is not installed: there is none in PATH"
            ),
            (
                .identity(registry: "r", reason: "login to Amazon's registry: https://e/: HTTP 403"),
                "credentials for r: login to Amazon's registry: https://e/: HTTP 403"
            ),
            (
                .unsupportedManifest(
                    reference: "r/a:b", mediaType: "application/vnd.docker.distribution.manifest.v1+prettyjws"),
                "r/a:b has a manifest of type application/vnd.docker.distribution.manifest.v1+prettyjws, which is not supported:"
                    + " push it again with a current tool"
            ),
        ] as [(RegistryError, String)])
    func `an error says what was tried, on what, and why it failed`(error: RegistryError, text: String) {
        #expect("\(error)" == text)
    }
}
