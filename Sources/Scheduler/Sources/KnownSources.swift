internal import FileSystem
internal import FoundationEssentials
internal import Jobs
internal import OCI
internal import Storage
internal import SystemPackage

/// Remembers what git repositories, archives and files of URLs were when they were fetched last, for builds without a
/// network: `contexts/known/`, a small file for each.
struct KnownSources: Sendable {
    private let folder: FilePath
    private let temporary: FilePath

    init(contexts: FilePath, temporary: FilePath) {
        folder = contexts.appending("known")
        self.temporary = temporary
    }

    /// Nil if it is not known, or the record is damaged. `key` is all that was asked for.
    func find<Value: Decodable>(_ key: String, as type: Value.Type) throws -> Value? {
        do {
            let file = try OpenFile.open(folder.appending(Self.name(key)).string, [.read, .noFollow])
            guard let bytes = try file.readAll(limit: 1 << 16) else { return nil }
            return try JSONDecoder().decode(Value.self, from: Data(bytes))
        } catch let error as SystemError {
            guard error.isNotFound else { throw error }
            return nil
        } catch is DecodingError {
            return nil
        }
    }

    func keep(_ value: some Codable & Equatable, for key: String) throws {
        if try find(key, as: type(of: value)) == value { return }
        let folder = try OpenFile.makeFolders(folder.string, mode: 0o700)
        let drafts = try OpenFile.open(temporary.string, [.pathOnly, .directory])
        let draft = FileName("known-" + String(UInt64.random(in: .min ... .max), radix: 36))
        try drafts.open(draft, [.write, .create, .exclusive], mode: 0o600).writeAll(OCIDocument.encode(value))
        try drafts.rename(draft, to: FileName(Self.name(key)), in: folder)
    }

    private static func name(_ key: String) -> String { Digest(of: key.utf8).hex }
}
