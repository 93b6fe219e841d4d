/// What a source of ADD is, told by its text.
public enum AddSource: Hashable, Sendable {
    /// A path in the build context.
    case path(String)
    /// An `http` or `https` URL of a file.
    case url(String)
    case git(GitSource)

    /// Takes an expanded source. `github.com/x/y` is a path. With `isGit`, as `--keep-git-dir` says it, a URL need not
    /// end in `.git`.
    public init(_ text: String, isGit: Bool = false) throws(DockerfileFault) {
        do throws(GitSourceError) {
            if let git = try GitSource.parse(text, isGit: isGit) {
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
        let path = URLParts(text)?.decodedPath.utf8.split(separator: UInt8(ascii: "/"))
        let name = path?.last.map { String(Substring($0)) } ?? ""
        return FileName.isValid(name) ? name : "__unnamed__"
    }
}

extension AddInstruction {
    /// The sources of an expanded instruction, with what `--checksum` and `--keep-git-dir` say of a repository.
    ///
    /// Throws if the flags do not go with them. A `checksum` of a URL is a digest then.
    public func resolvedSources() throws(DockerfileFault) -> [AddSource] {
        if checksum != nil, sources.count != 1 { throw .checksumOfSeveral }
        var result: [AddSource] = []
        for text in sources {
            switch try AddSource(text, isGit: keepsGitFolder != nil) {
            case .git(let git): result.append(.git(try completed(git)))
            case .url(let url):
                if let checksum { try Self.check(digest: checksum) }
                result.append(.url(url))
            case .path(let path):
                if checksum != nil { throw .checksumOfLocal }
                result.append(.path(path))
            }
        }
        return result
    }

    private func completed(_ git: GitSource) throws(DockerfileFault) -> GitSource {
        var git = git
        if let own = git.keepsGitFolder, let flag = keepsGitFolder, own != flag { throw .gitFolderConflict }
        if let own = git.commit, let checksum, own != checksum { throw .checksumConflict(checksum, own) }
        git.keepsGitFolder = git.keepsGitFolder ?? keepsGitFolder
        git.commit = git.commit ?? checksum
        return git
    }

    private static let digestLengths = ["sha256": 64, "sha384": 96, "sha512": 128]

    /// `algorithm:hex`
    private static func check(digest text: String) throws(DockerfileFault) {
        let (algorithm, hex) = text.splitOnce(at: ":")
        guard let hex, let length = digestLengths[algorithm], hex.utf8.count == length,
            hex.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { throw .invalidChecksum(text) }
    }

    /// Whether a source may be a path: variables are not known yet.
    var readsContext: Bool { !localSources.isEmpty }

    /// What is read from the context, unless it is known to be an URL or a repository.
    var localSources: [String] {
        sources.filter { source in
            guard let source = try? AddSource(source, isGit: keepsGitFolder != nil), case .path = source else {
                return false
            }
            return true
        }
    }
}
