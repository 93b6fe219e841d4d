internal import DockerfileFrontend
internal import Jobs

extension GitCheckout {
    /// What a context says: as in ADD, kaniko's `git://…`, and `file:///…`, which only the manifest may say.
    init(contextText text: String, environment: [String: String]) throws(ContextTextError) {
        if let address = KanikoGitAddress(text, environment: environment) {
            self = try Self.parse(address.text, isGit: true)
            usesEnvironmentToken = address.usesEnvironmentToken
            return
        }
        guard text.hasPrefix("file://") else {
            self = try Self.parse(text)
            return
        }
        let path = text.dropFirst("file://".count)
        guard path.hasPrefix("/") else { throw ContextTextError("there is no absolute path after file://") }
        // The frontend reads no local URLs; the rest of one is as that of any other.
        var checkout = try Self.parse("ssh://localhost\(path)")
        checkout.remote = "file://" + checkout.remote.dropFirst("ssh://localhost".count)
        self = checkout
    }

    private static func parse(_ text: String, isGit: Bool = false) throws(ContextTextError) -> GitCheckout {
        let source: GitSource?
        do throws(GitSourceError) {
            source = try GitSource.parse(text, isGit: isGit)
        } catch {
            throw ContextTextError("\(error)")
        }
        guard let source else { throw ContextTextError("it names no git repository") }
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
