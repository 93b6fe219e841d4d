internal import FileSystem
internal import FoundationEssentials
internal import Kaniko
internal import OCI
internal import SystemPackage

/// `executor login REGISTRY -u NAME --password-stdin`: keeps credentials where `docker login` does.
struct LoginCall {
    private static let flags: [Flag] = Flag.login

    private let arguments: [String]

    init(_ arguments: [String]) { self.arguments = arguments }

    func run() throws -> Int32 {
        let flags = try GivenFlags(arguments, of: Self.flags)
        let options = try LoginOptions(flags)
        let password = try options.password ?? Self.standardInput()
        guard !options.user.isEmpty, !password.isEmpty else {
            throw CommandFailure(.usage, "username and password required")
        }
        try keep("\(options.user):\(password)", for: options.registry)
        return 0
    }

    private static func standardInput() throws -> String {
        guard let line = readLine(strippingNewline: true) else {
            throw CommandFailure(.usage, "username and password required")
        }
        return line
    }

    /// In `config.json`, beside whatever is in it.
    private func keep(_ login: String, for registry: String) throws {
        let environment = Environment.all
        let home = environment["HOME"] ?? "/"
        let folder = environment["DOCKER_CONFIG"].flatMap { $0.isEmpty ? nil : $0 } ?? "\(home)/.docker"
        let file = "\(folder)/config.json"
        var document = try Self.document(file)
        var logins = document["auths"]?.object ?? [:]
        let isHub = ["docker.io", "index.docker.io"].contains(registry)
        let login = JSONValue.string(Data(login.utf8).base64EncodedString())
        logins[isHub ? "https://index.docker.io/v1/" : registry] = .object(["auth": login])
        document["auths"] = .object(logins)
        let text = try OCIDocument.encode(JSONValue.object(document))
        do throws(SystemError) {
            let place = try OpenFile.makeFolders(folder, mode: 0o700)
            let draft = FileName(".config.json.\(UInt32.random(in: 0 ... .max))")
            try place.open(draft, [.write, .create, .exclusive], mode: 0o600).writeAll(text)
            try place.rename(draft, to: "config.json", in: place)
        } catch {
            throw CommandFailure(.host, "\(file): \(error)")
        }
    }

    /// Empty if there is none yet.
    private static func document(_ file: String) throws -> [String: JSONValue] {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try OpenFile.open(file, [.read]).readAll(limit: 1 << 20) ?? []
        } catch {
            guard error.isNotFound else { throw CommandFailure(.host, "\(error)") }
            return [:]
        }
        guard !bytes.isEmpty else { return [:] }
        guard let document = try? OCIDocument.decode(JSONValue.self, from: bytes).object else {
            throw CommandFailure(.usage, "\(file): it is no JSON object; it is left as it is")
        }
        return document
    }
}
