internal import FoundationEssentials
internal import HTTP
internal import OCI
public import SystemPackage

/// The files in which `docker login`, `podman login` and `skopeo login` leave credentials.
///
/// In order: `$REGISTRY_AUTH_FILE`; `config.json` in `$DOCKER_CONFIG`, or else in `~/.docker`;
/// `$XDG_RUNTIME_DIR/containers/auth.json`; `~/.config/containers/auth.json`. The first file with an entry for the
/// repository wins; in a file, the longest key (`host/path` before `host`). Files that do not exist are passed over.
public struct CredentialFiles: CredentialSource {
    public let files: [FilePath]

    public init(files: [FilePath]) { self.files = files }

    /// The usual files, from the variables of an environment.
    public init(environment: [String: String]) {
        func folder(_ name: String) -> FilePath? {
            environment[name].flatMap { $0.isEmpty ? nil : FilePath($0) }
        }
        let home = folder("HOME")
        let docker = folder("DOCKER_CONFIG") ?? home?.appending(".docker")
        let candidates: [FilePath?] = [
            folder("REGISTRY_AUTH_FILE"), docker?.appending("config.json"),
            folder("XDG_RUNTIME_DIR")?.appending("containers/auth.json"),
            home?.appending(".config/containers/auth.json"),
        ]
        files = candidates.compactMap { $0 }
    }

    public func searched(for registry: String) -> [String] { files.map(\.string) }

    /// Reads the files anew at each call. Throws `credentialFile` for one that is broken, and `credentialHelper` for one
    /// that names a helper program for this registry and has nothing itself.
    public func credentials(registry: String, repository: String) throws(RegistryError) -> Credentials? {
        for file in files {
            guard let content = try read(file) else { continue }
            if let entry = content.entry(registry: registry, repository: repository),
                let credentials = try entry.credentials(file: file.string, registry: registry)
            {
                return credentials
            }
            if let helper = content.helper(registry: registry, repository: repository) {
                throw .credentialHelper(registry: registry, helper: helper, file: file.string)
            }
        }
        return nil
    }

    private func read(_ path: FilePath) throws(RegistryError) -> CredentialDocument? {
        let bytes: [UInt8]
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
            defer { try? file.close() }
            bytes = try Self.readAll(file)
        } catch let error as Errno where error == .noSuchFileOrDirectory || error == .notDirectory {
            return nil
        } catch {
            throw .credentialFile(path: path.string, reason: "\(error)")
        }
        do {
            return try JSONDecoder().decode(CredentialDocument.self, from: Data(bytes))
        } catch {
            // The decoder's own text can quote what is in the file.
            throw .credentialFile(path: path.string, reason: "it is not the JSON that docker login writes")
        }
    }

    private static func readAll(_ file: FileDescriptor) throws -> [UInt8] {
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while result.count < 1 << 22 {
            let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
            if count == 0 { break }
            result += buffer[..<count]
        }
        return result
    }
}
