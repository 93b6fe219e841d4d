internal import FoundationEssentials
internal import HTTP
internal import OCI
internal import Programs

#if canImport(Glibc)
    internal import Glibc
#endif

/// A program that keeps credentials, and gives those of a server: `docker-credential-NAME get`.
///
/// https://github.com/docker/docker-credential-helpers#development
struct CredentialHelper: Sendable {
    let name: String
    /// The file that names it.
    let file: String
    private let environment: [String: String]

    init(_ name: String, file: String, environment: [String: String]) {
        self.name = name
        self.file = file
        self.environment = environment
    }

    var program: String { "docker-credential-\(name)" }

    /// Its path; nil where PATH has none. A name with a slash in it is nowhere.
    var path: String? {
        guard !name.contains("/"), !name.isEmpty else { return nil }
        return (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":").lazy
            .map { "\($0)/\(program)" }.first { Self.isExecutable($0) }
    }

    /// What it has for a server; nil when it says that it has nothing. Throws `credentialHelper` when it is not there, fails or
    /// cannot be understood, without a word of what it wrote on its standard output.
    func credentials(for server: String) async throws -> Credentials? {
        guard let path else { throw failure(server, "it is not installed: there is none in PATH") }
        guard server.utf8.count <= 1024 else { throw failure(server, "the registry's name is too long") }
        var host = HostProgram([path, "get"], environment: environment)
        host.input = Array(server.utf8)
        host.timeout = .seconds(60)
        host.outputLimit = 64 << 10
        let result: ProgramResult
        do {
            result = try await host.run()
        } catch let error as ProgramError {
            throw failure(server, "\(error)")
        }
        guard result.status == 0 else {
            if Self.saysNotFound(result) { return nil }
            let said = Self.shown(result.errorOutput)
            throw failure(server, "it ended with \(result.status)" + (said.isEmpty ? "" : ": \(said)"))
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(result.output)) else {
            throw failure(server, "what it wrote is not the JSON that helpers write")
        }
        if answer.user.isEmpty, answer.secret.isEmpty { return nil }
        // Docker keeps an identity token under this name.
        return answer.user == "<token>"
            ? .identityToken(Secret(answer.secret)) : .basic(user: answer.user, password: Secret(answer.secret))
    }

    private func failure(_ server: String, _ reason: String) -> RegistryError {
        .credentialHelper(registry: server, helper: program, file: file, reason: reason)
    }

    /// The helpers' own library says so on standard output, others on standard error.
    private static func saysNotFound(_ result: ProgramResult) -> Bool {
        let texts = [String(decoding: result.output, as: UTF8.self), result.errorOutput].map { $0.lowercased() }
        return texts.contains { $0.contains("credentials not found") || $0.contains("no credentials found") }
    }

    /// The last line, without what a terminal would obey.
    private static func shown(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).last ?? ""
        let plain = line.unicodeScalars.map { scalar -> String in
            let isPlain =
                scalar.value >= 32 && !(127...159).contains(scalar.value)
                && scalar.properties.generalCategory != .format
            return isPlain ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
        }
        return String(plain.joined().prefix(300))
    }

    private static func isExecutable(_ path: String) -> Bool {
        path.hasPrefix("/") && access(path, X_OK) == 0
    }

    private struct Answer: Decodable {
        let user: String
        let secret: String

        private enum CodingKeys: String, CodingKey {
            case user = "Username"
            case secret = "Secret"
        }
    }
}
