import Foundation
import Synchronization
public import SystemPackage

/// A token server on 127.0.0.1 whose tokens docker-registry believes: JSON Web Tokens signed with a key of its own.
///
/// One user may do everything, others may pull when `letsAnyonePull`.
///
/// https://distribution.github.io/distribution/spec/auth/jwt/
public final class TestTokenServer: Sendable {
    public let service: String
    /// Where clients are told to ask.
    public var realm: String { statedRealm ?? address }
    public let issuer = "test-issuer"
    /// The certificate of the key.
    public let certificate: FilePath
    public let user: (name: String, password: String)
    private let folder: FilePath
    private let statedRealm: String?
    private let letsAnyonePull: Bool
    private let server: TestServer
    private let seen: Seen

    private final class Seen: Sendable {
        let requests = Mutex<[TestRequest]>([])
        let owner = Mutex<Weak?>(nil)
    }

    private struct Weak: Sendable { weak let value: TestTokenServer? }

    /// With `realm`, clients are told to ask there instead of here.
    public init(
        user: (name: String, password: String), letsAnyonePull: Bool = false, service: String = "test",
        realm: String? = nil
    ) throws {
        self.user = user
        self.service = service
        statedRealm = realm
        self.letsAnyonePull = letsAnyonePull
        folder = FilePath(NSTemporaryDirectory()).appending("token-server-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        certificate = folder.appending("token.crt")
        try Tool.run(
            "openssl", "req", "-x509", "-days", "2", "-subj", "/CN=tokens", "-newkey", "rsa:2048", "-nodes", "-keyout",
            folder.appending("token.key").string, "-out", certificate.string
        ).checked()
        let seen = Seen()
        self.seen = seen
        server = TestServer { connection in seen.owner.withLock { $0?.value }?.serve(connection) }
        seen.owner.withLock { $0 = Weak(value: self) }
        server.start()
    }

    deinit {
        server.stop()
        try? FileManager.default.removeItem(atPath: folder.string)
    }

    public var address: String { "http://127.0.0.1:\(server.port)/token" }

    /// What it was asked.
    public var requests: [TestRequest] { seen.requests.withLock { $0 } }

    private func serve(_ connection: TestConnection) {
        while let request = connection.readHead() {
            var body: [UInt8] = []
            guard connection.readBody(request, { body += $0 }) else { return }
            seen.requests.withLock { $0.append(request) }
            let (status, text) = answer(request, body)
            let head = "HTTP/1.1 \(status) Status\r\nContent-Type: application/json\r\n"
            guard connection.send(head + "Content-Length: \(text.utf8.count)\r\n\r\n" + text) else { return }
        }
    }

    private func answer(_ request: TestRequest, _ body: [UInt8]) -> (Int, String) {
        let form = URLComponents(string: "?" + String(decoding: body, as: UTF8.self))?.queryItems ?? []
        let items = request.query + form.map { ($0.name, $0.value ?? "") }
        let basic = "Basic " + Data("\(user.name):\(user.password)".utf8).base64EncodedString()
        let isUser = request.authorization == basic || items.contains { $0 == ("refresh_token", "refresh-me") }
        guard isUser || (letsAnyonePull && request.authorization == nil) else {
            return (401, #"{"details":"incorrect user name or password"}"#)
        }
        let scopes = items.filter { $0.0 == "scope" }.flatMap { $0.1.split(separator: " ").map(String.init) }
        guard let token = try? sign(scopes.compactMap { access($0, isUser: isUser) }) else { return (500, "{}") }
        return (200, #"{"token":"\#(token)","access_token":"\#(token)","expires_in":300}"#)
    }

    private func access(_ scope: String, isUser: Bool) -> [String: Any]? {
        let parts = scope.split(separator: ":").map(String.init)
        guard parts.count == 3 else { return nil }
        let actions = parts[2].split(separator: ",").map(String.init).filter { isUser || $0 == "pull" }
        return ["type": parts[0], "name": parts[1], "actions": actions]
    }

    private func sign(_ access: [[String: Any]]) throws -> String {
        let pem = try String(contentsOfFile: certificate.string, encoding: .utf8)
        let der = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        let now = Int(Date().timeIntervalSince1970)
        let claims: [String: Any] = [
            "iss": issuer, "sub": user.name, "aud": service, "exp": now + 300, "nbf": now - 60, "iat": now,
            "jti": UUID().uuidString, "access": access,
        ]
        let text = try [["typ": "JWT", "alg": "RS256", "x5c": [der]] as [String: Any], claims]
            .map { try Self.encode(JSONSerialization.data(withJSONObject: $0)) }.joined(separator: ".")
        let name = folder.appending(UUID().uuidString).string
        try text.write(toFile: name, atomically: true, encoding: .utf8)
        try Tool.run(
            "openssl", "dgst", "-sha256", "-sign", folder.appending("token.key").string, "-out", name + ".sig", name
        ).checked()
        return text + "." + Self.encode(try Data(contentsOf: URL(fileURLWithPath: name + ".sig")))
    }

    private static func encode(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
