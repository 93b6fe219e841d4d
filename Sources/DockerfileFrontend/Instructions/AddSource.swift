/// What a source of ADD is, told by its text.
public enum AddSource: Hashable, Sendable {
    /// A path in the build context.
    case path(String)
    /// An `http` or `https` URL of a file.
    case url(String)
    case git(GitSource)

    /// Takes an expanded source. `github.com/x/y` is a path.
    public init(_ text: String) throws(DockerfileFault) {
        do throws(GitSourceError) {
            if let git = try GitSource.parse(text) {
                self = .git(git)
            } else {
                self = Self.isHTTP(text) ? .url(text) : .path(text)
            }
        } catch {
            throw .invalidGitSource(error)
        }
    }

    private static func isHTTP(_ text: String) -> Bool { text.hasPrefix("http://") || text.hasPrefix("https://") }

    /// What a downloaded file is called: the last part of the URL's path, `__unnamed__` if there is none.
    public static func fileName(ofURL text: String) -> String {
        let path = URLParts(text)?.decodedPath ?? ""
        let name = CleanPath.components(of: path).last ?? ""
        return path.hasSuffix("/..") || name.isEmpty ? "__unnamed__" : name
    }
}

extension AddInstruction {
    /// Whether a source may be a path: variables are not known yet.
    var readsContext: Bool {
        sources.contains { source in
            guard let source = try? AddSource(source), case .path = source else { return false }
            return true
        }
    }
}
