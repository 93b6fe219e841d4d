internal import FileSystem
internal import FoundationEssentials
internal import HTTP
internal import Logging
internal import OCI
internal import SystemPackage

/// Checks trees of git repositories out, by the `git` of this machine, and not again while a reference is where it was.
public struct GitCheckouts: Sendable {
    private let configuration: ContextsConfiguration

    public init(_ configuration: ContextsConfiguration) { self.configuration = configuration }

    /// A folder with the tree. A branch or tag is looked up at each call, a whole commit is not.
    ///
    /// Throws `ContextsError`, `CancellationError` once git is gone, and `SystemError`.
    public func checkout(_ request: GitRequest) async throws -> GitTree {
        var remote = try GitRemote(request.remote, allowsLocal: request.isOfManifest)
        if request.usesEnvironmentToken, request.isOfManifest { remote.takeToken(of: configuration.environment) }
        let reference = try GitReference(request.reference)
        let git = try await GitProgram(
            remote, isOfManifest: request.isOfManifest, environment: configuration.environment,
            skipsTLS: configuration.skipsGitTLS && request.isOfManifest)
        var resolution = try await retrying { try await git.resolve(reference) }
        if let commit = resolution.commit {
            try verify(request, commit, tag: resolution.tag, remote)
            if let known = try known(request, remote, commit, resolution.name) { return known }
        }
        let work = try GitWorkFolder(git: git, request: request, in: configuration.temporary)
        let commit: String
        do {
            commit = try await retrying { try await work.fetch(resolution) }
            try verify(request, commit, tag: commit == resolution.commit ? resolution.tag : nil, remote)
            resolution.commit = commit
            try await work.checkOut(commit)
        } catch {
            try work.remove()
            throw error
        }
        return try keep(work, request, remote, resolution)
    }

    private func retrying<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await configuration.retry.retrying(
            ContextsError.self, clock: configuration.clock, log: configuration.log, body)
    }

    private func verify(_ request: GitRequest, _ commit: String, tag: String?, _ remote: GitRemote) throws {
        guard let expected = request.commit?.lowercased() else { return }
        let isRight = [commit, tag].contains { $0?.hasPrefix(expected) == true }
        guard isRight, expected.utf8.count >= 4 else {
            throw ContextsError.commitMismatch(remote: remote.shown, expected: expected, actual: commit)
        }
    }

    // MARK: What is kept

    /// Beside the tree.
    private struct Document: Codable {
        var commit: String
        var commitTime: Int64
    }

    private var folder: FilePath { configuration.folder.appending("git") }

    /// Everything that the tree hangs on; also as whom it was asked for, or a whole commit would be served to those who may
    /// not have it.
    private func key(_ request: GitRequest, _ remote: GitRemote, _ commit: String, _ name: String?) -> String {
        let parts = [
            "1", remote.address, commit, request.subfolder ?? "", request.keepsGitFolder ? name ?? "-" : "",
            request.fetchesSubmodules ? "submodules" : "", request.usesCommitTime ? "commit" : "checkout",
            asker(request, remote),
        ]
        return Digest(of: parts.flatMap { Array($0.utf8) + [0] }).hex
    }

    /// Tokens change from job to job: what the manifest names is ours, whatever we had then. ssh has one identity for all.
    private func asker(_ request: GitRequest, _ remote: GitRemote) -> String {
        guard remote.address.hasPrefix("http") else { return "" }
        if request.isOfManifest { return "manifest" }
        return remote.credentials.map { "\($0.user):\($0.password?.revealed ?? "")" } ?? ""
    }

    private func known(
        _ request: GitRequest, _ remote: GitRemote, _ commit: String, _ name: String?
    ) throws -> GitTree? {
        let place = folder.appending(key(request, remote, commit, name))
        do {
            let file = try OpenFile.open(place.appending("commit.json").string, [.read])
            let document = try JSONDecoder().decode(Document.self, from: Data(file.readAll(limit: 1 << 16) ?? []))
            return GitTree(
                path: place.appending("tree"), commit: document.commit, commitTime: document.commitTime)
        } catch let error as SystemError where error.isNotFound {
            return nil
        } catch is DecodingError {
            // Cut short, as the tree may be too.
            try drop(place)
            return nil
        }
    }

    private func drop(_ place: FilePath) throws {
        let temporary = try OpenFile.open(configuration.temporary.string, [.read, .directory])
        let folder = try OpenFile.open(self.folder.string, [.read, .directory])
        let name = TemporaryName.make("dropped")
        guard let last = place.lastComponent else { return }
        try folder.rename(FileName(last.string), to: name, in: temporary)
        try temporary.removeTree(name)
    }

    private func keep(
        _ work: GitWorkFolder, _ request: GitRequest, _ remote: GitRemote, _ resolution: GitResolution
    ) throws -> GitTree {
        let (commit, time) = (resolution.commit ?? "", work.commitTime)
        let document = try Array(JSONEncoder().encode(Document(commit: commit, commitTime: time)))
        let key = key(request, remote, commit, resolution.name)
        try work.move(to: folder, as: key, document: document)
        return GitTree(path: folder.appending(key).appending("tree"), commit: commit, commitTime: time)
    }
}
