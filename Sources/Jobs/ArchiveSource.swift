/// Which tar archive, and which folder of it.
public struct ArchiveSource: Hashable, Sendable, Codable {
    public enum Place: Hashable, Sendable, Codable {
        case standardInput
        /// An absolute path of this machine.
        case file(String)
        /// It may hold a password or a signature.
        case url(String)
    }

    public var place: Place
    /// Relative; nil is the whole.
    public var subfolder: String?

    public init(_ place: Place, subfolder: String? = nil) {
        self.place = place
        self.subfolder = subfolder
    }

    public init(url: String, subfolder: String? = nil) { self.init(.url(url), subfolder: subfolder) }

    /// As users write it, without user, password, query and folder.
    public var shown: String {
        switch place {
        case .standardInput: "-"
        case .file(let path): path
        case .url(let url): Material.withoutSecrets(url)
        }
    }
}
