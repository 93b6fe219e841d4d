internal import DockerfileFrontend
internal import Jobs

/// Why the text of a named context names no tree of a repository. The text itself, which may hold a password, is not in it.
struct GitTextError: Error, Hashable, CustomStringConvertible {
    let description: String
}

extension GitCheckout {
    /// What a named context says: as in ADD, and `file:///…`, which only the manifest may say.
    init(contextText text: String) throws(GitTextError) {
        guard text.hasPrefix("file://") else {
            self = try Self.parse(text)
            return
        }
        let path = text.dropFirst("file://".count)
        guard path.hasPrefix("/") else {
            throw GitTextError(description: "there is no absolute path after file://")
        }
        // The frontend reads no local URLs; the rest of one is as that of any other.
        var checkout = try Self.parse("ssh://localhost\(path)")
        checkout.remote = "file://" + checkout.remote.dropFirst("ssh://localhost".count)
        self = checkout
    }

    private static func parse(_ text: String) throws(GitTextError) -> GitCheckout {
        let source: GitSource?
        do throws(GitSourceError) {
            source = try GitSource.parse(text)
        } catch {
            throw GitTextError(description: "\(error)")
        }
        guard let source else { throw GitTextError(description: "it names no git repository") }
        return GitCheckout(source)
    }

    private init(_ source: GitSource) {
        self.init(
            remote: source.remote,
            reference: source.fetchesByCommit ? source.commit ?? source.reference : source.reference,
            subfolder: source.subfolder, commit: source.commit, keepsGitFolder: source.keepsGitFolder ?? false,
            fetchesSubmodules: source.fetchesSubmodules, usesCommitTime: source.usesCommitTime)
    }
}
