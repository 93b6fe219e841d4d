internal import FileSystem
internal import Jobs
internal import Manifest
internal import SystemPackage

/// Where the files of a context are, as far as that can be told without fetching anything.
enum ContextPlace: Hashable {
    /// Absolute.
    case folder(FilePath)
    case remote(RemoteContext)

    /// Looks whether paths are there, and what they are. `environment` decides what kaniko's `git://` means.
    init(_ source: ContextSource, environment: [String: String]) throws(ContextTextError) {
        switch source {
        case .path(let path): self = try Self.place(of: path)
        case .standardInput(let folder): self = .remote(.archive(ArchiveSource(.standardInput, subfolder: folder)))
        case .git(let text): self = .remote(.git(try GitCheckout(contextText: text, environment: environment)))
        case .archive(let url, let folder): self = .remote(.archive(ArchiveSource(url: url, subfolder: folder)))
        }
    }

    private static func place(of path: FilePath) throws(ContextTextError) -> ContextPlace {
        switch try kind(of: path) {
        case .directory?: return .folder(path)
        case .regular?: return .remote(.archive(ArchiveSource(.file(path.string))))
        case .some: throw ContextTextError("\(path) is neither a folder nor a file")
        case nil: return try placeOfParts(path)
        }
    }

    /// `FOLDER#REFERENCE:FOLDER` is a tree of a repository, `#:FOLDER` a folder below what stands before it.
    private static func placeOfParts(_ path: FilePath) throws(ContextTextError) -> ContextPlace {
        let missing = ContextTextError("\(path) does not exist", hint: hint(for: path))
        guard let number = path.string.firstIndex(of: "#") else { throw missing }
        let base = FilePath(String(path.string[..<number]))
        let fragment = path.string[path.string.index(after: number)...]
        let inside = fragment.hasPrefix(":") ? String(fragment.dropFirst()) : nil
        switch (try kind(of: base), inside) {
        case (.regular?, let inside?): return .remote(.archive(ArchiveSource(.file(base.string), subfolder: inside)))
        case (.regular?, nil):
            throw ContextTextError("behind # of an archive stands a folder in it, as \(base)#:folder")
        case (.directory?, let inside?):
            let folder = base.appending(FilePath(inside).components).lexicallyNormalized()
            guard try kind(of: folder) == .directory else { throw ContextTextError("\(folder) is no folder") }
            return .folder(folder)
        case (.directory?, nil):
            return .remote(.git(try GitCheckout(contextText: "file://\(path)", environment: [:])))
        default: throw missing
        }
    }

    /// Nil for what is not there.
    private static func kind(of path: FilePath) throws(ContextTextError) -> FileKind? {
        do {
            return try OpenFile.open(path.string, [.pathOnly]).status().kind
        } catch {
            if error.isNotFound || error.code == 20 { return nil }
            throw ContextTextError("\(path) cannot be opened (\(error))")
        }
    }

    /// docker takes an address without its scheme.
    private static func hint(for path: FilePath) -> String? {
        let hosts = ["github.com", "gitlab.com", "bitbucket.org", "codeberg.org"]
        let names = path.components.map(\.string)
        guard let start = names.firstIndex(where: hosts.contains) else { return nil }
        let address = names[start...].joined(separator: "/")
        return address.contains(".git") ? "https://\(address)" : "https://\(address).git"
    }
}

/// Why a text names no context that could be read. The text itself, which may hold a password, is not in it.
struct ContextTextError: Error, Hashable, CustomStringConvertible {
    let description: String
    let hint: String?

    init(_ description: String, hint: String? = nil) {
        self.description = description
        self.hint = hint
    }
}
