import Foundation
public import SystemPackage

/// A server's certificate for 127.0.0.1, localhost, registry.test and further names, a client's, and the authority of its
/// own that signed them.
public enum TestCertificates {
    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    /// Makes `ca.crt`, `server.crt` and `server.key`, `client.crt` and `client.key`.
    public static func make(in folder: FilePath, names: [String] = []) throws {
        func file(_ name: String) -> String { folder.appending(name).string }
        let allNames = ["IP:127.0.0.1"] + (["localhost", "registry.test"] + names).map { "DNS:\($0)" }
        try Tool.run(
            "openssl",
            ["req", "-x509", "-days", "2", "-subj", "/CN=test authority"] + newKey
                + ["-keyout", file("ca.key"), "-out", file("ca.crt")]
        ).checked()
        try sign("server", "subjectAltName=\(allNames.joined(separator: ","))\n", in: folder)
        try sign("client", "extendedKeyUsage=clientAuth\n", in: folder)
    }

    private static func sign(_ name: String, _ extensions: String, in folder: FilePath) throws {
        func file(_ name: String) -> String { folder.appending(name).string }
        try extensions.write(toFile: file("\(name).ext"), atomically: true, encoding: .utf8)
        try Tool.run(
            "openssl",
            ["req", "-subj", "/CN=\(name)"] + newKey + ["-keyout", file("\(name).key"), "-out", file("\(name).csr")]
        ).checked()
        try Tool.run(
            "openssl",
            ["x509", "-req", "-days", "2", "-in", file("\(name).csr"), "-CA", file("ca.crt"), "-CAkey"]
                + [file("ca.key"), "-CAcreateserial", "-extfile", file("\(name).ext"), "-out", file("\(name).crt")]
        ).checked()
    }
}
