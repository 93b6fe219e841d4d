import Foundation
public import SystemPackage

/// A server's certificate for 127.0.0.1, localhost and registry.test, and the authority of its own that signed it.
public enum TestCertificates {
    /// Makes `ca.crt`, `server.crt` and `server.key`.
    public static func make(in folder: FilePath) throws {
        func file(_ name: String) -> String { folder.appending(name).string }
        let extensions = "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:registry.test\n"
        try extensions.write(toFile: file("server.ext"), atomically: true, encoding: .utf8)
        let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try Tool.run(
            "openssl",
            ["req", "-x509", "-days", "2", "-subj", "/CN=test authority"] + newKey
                + ["-keyout", file("ca.key"), "-out", file("ca.crt")]
        ).checked()
        try Tool.run(
            "openssl",
            ["req", "-subj", "/CN=127.0.0.1"] + newKey
                + ["-keyout", file("server.key"), "-out", file("server.csr")]
        ).checked()
        try Tool.run(
            "openssl",
            ["x509", "-req", "-days", "2", "-in", file("server.csr"), "-CA", file("ca.crt"), "-CAkey", file("ca.key")]
                + ["-CAcreateserial", "-extfile", file("server.ext"), "-out", file("server.crt")]
        ).checked()
    }
}
