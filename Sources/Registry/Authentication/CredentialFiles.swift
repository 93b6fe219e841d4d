internal import FileSystem
internal import FoundationEssentials
internal import HTTP
internal import OCI
internal import SystemPackage

/// The files in which `docker login`, `podman login` and `skopeo login` leave credentials, or say which helper program
/// has them.
///
/// In order: `$DOCKER_AUTH_CONFIG`, which holds the JSON itself; `$REGISTRY_AUTH_FILE`; `config.json` in `$DOCKER_CONFIG`, or
/// else in `~/.docker`; `$XDG_RUNTIME_DIR/containers/auth.json`; `~/.config/containers/auth.json`. The first with
/// credentials for the repository wins; in a file, its own helper for the registry, then the entry with the longest key
/// (`host/path` before `host`), then its general helper. Files that do not exist are passed over.
struct CredentialFiles: CredentialPlace {
    let files: [FilePath]
    /// The JSON of a variable.
    private let inline: Secret?
    private let environment: [String: String]

    private static let variable = "DOCKER_AUTH_CONFIG"

    /// These files and no others; helper programs are looked for in the environment's PATH.
    init(files: [FilePath], environment: [String: String] = [:]) {
        self.files = files
        self.environment = environment
        inline = nil
    }

    /// The usual files, from the variables of an environment.
    init(environment: [String: String]) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        func folder(_ name: String) -> FilePath? { value(name).map { FilePath($0) } }
        let home = folder("HOME")
        let docker = folder("DOCKER_CONFIG") ?? home?.appending(".docker")
        let configuration = folder("XDG_CONFIG_HOME") ?? home?.appending(".config")
        let candidates: [FilePath?] = [
            folder("REGISTRY_AUTH_FILE"), docker?.appending("config.json"),
            folder("XDG_RUNTIME_DIR")?.appending("containers/auth.json"),
            configuration?.appending("containers/auth.json"),
        ]
        files = candidates.compactMap { $0 }
        inline = value(Self.variable).map { Secret($0) }
        self.environment = environment
    }

    func searched(for registry: String) -> [String] { (inline == nil ? [] : [Self.variable]) + files.map(\.string) }

    var hostFiles: [String] { files.map(\.string) }

    /// Reads the files anew at each call. Throws `credentialFile` for one that is broken, and `credentialHelper` for a helper
    /// that is not there although the file says that it has this registry's, or that fails.
    func find(registry: String, repository: String) async throws -> FoundCredentials? {
        if let inline {
            let document = try Self.parse(Array(inline.revealed.utf8), named: Self.variable)
            if let found = try await find(registry, repository, in: document, Self.variable) { return found }
        }
        for file in files {
            guard let bytes = try read(file) else { continue }
            let document = try Self.parse(bytes, named: file.string)
            if let found = try await find(registry, repository, in: document, file.string) { return found }
        }
        return nil
    }

    private func find(
        _ registry: String, _ repository: String, in document: CredentialDocument, _ file: String
    ) async throws -> FoundCredentials? {
        let helper = document.helper(registry: registry, repository: repository)
        if let helper, helper.isOwn, let found = try await ask(helper, file) { return found }
        if let (_, entry) = document.entry(registry: registry, repository: repository),
            let credentials = try entry.credentials(file: file, registry: registry)
        {
            return FoundCredentials(credentials)
        }
        guard let helper, !helper.isOwn else { return nil }
        return try await ask(helper, file)
    }

    /// A general helper that is not installed has nothing, unless the file says otherwise: configurations are copied from
    /// desktops to where images without credentials are enough.
    private func ask(_ helper: CredentialDocument.Helper, _ file: String) async throws -> FoundCredentials? {
        let program = CredentialHelper(helper.name, file: file, environment: environment)
        guard helper.isNamed || program.path != nil else { return nil }
        return try await program.credentials(for: helper.server).map { FoundCredentials($0) }
    }

    private func read(_ path: FilePath) throws(RegistryError) -> [UInt8]? {
        do {
            guard let bytes = try HostFiles.ofProcess.open(path.string, [.read]).readAll(limit: 4 << 20) else {
                throw RegistryError.credentialFile(path: path.string, reason: "it is longer than 4 MiB")
            }
            return bytes
        } catch let error as RegistryError {
            throw error
        } catch let error as SystemError where error.isNotFound {
            return nil
        } catch {
            throw .credentialFile(path: path.string, reason: "\(error)")
        }
    }

    private static func parse(_ bytes: [UInt8], named name: String) throws(RegistryError) -> CredentialDocument {
        do {
            return try JSONDecoder().decode(CredentialDocument.self, from: Data(bytes))
        } catch {
            // The decoder's own text can quote what is in the file.
            throw .credentialFile(path: name, reason: "it is not the JSON that docker login writes")
        }
    }
}
