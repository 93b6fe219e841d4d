internal import FileSystem
internal import Glibc
internal import Programs
internal import SystemPackage

/// A repository of one checkout, in a temporary folder: `work` in it is the tree, which is moved away at the end.
final class GitWorkFolder {
    private let git: GitProgram
    private let request: GitRequest
    private let parent: OpenFile
    private let name: FileName
    private let path: FilePath
    private(set) var commitTime: Int64 = 0

    private var work: String { path.appending("work").string }

    init(git: GitProgram, request: GitRequest, in temporary: FilePath) throws {
        self.git = git
        self.request = request
        parent = try OpenFile.open(temporary.string, [.read, .directory])
        name = TemporaryName.make("git")
        path = temporary.appending(name.description)
        try parent.makeDirectory(name, mode: 0o700)
    }

    func remove() throws { try parent.removeTree(name) }

    // MARK: Fetching

    /// Gets what the reference is now, as little of the history as the server can do. Returns the commit.
    func fetch(_ resolution: GitResolution) async throws -> String {
        try await initialize(isSHA256: resolution.commit?.utf8.count == 64)
        if let name = resolution.name {
            let target = request.keepsGitFolder && name != "HEAD" ? "+\(name):\(name)" : name
            try await fetch([target])
            return try await commit("FETCH_HEAD")
        }
        if let commit = resolution.commit, try await hasFetched(commit) { return commit }
        // Older servers only give what has a name: all of that has to come.
        try await fetch(["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"], isShallow: false)
        let wanted = resolution.commit ?? request.reference?.lowercased() ?? ""
        return try await commit(wanted)
    }

    /// Anew for each attempt: half a fetch is no ground for another.
    private func initialize(isSHA256: Bool) async throws {
        let folder = try parent.open(name, [.read, .directory])
        do throws(SystemError) { try folder.removeTree("work") } catch { guard error.isNotFound else { throw error } }
        let format = isSHA256 ? ["--object-format=sha256"] : []
        try await git.checked(["init", "-q"] + format + ["--", work], in: "/", doing: "making a repository for")
        try await git.checked(
            ["config", "remote.origin.url", git.remote.address], in: work, doing: "making a repository for")
    }

    private func hasFetched(_ commit: String) async throws -> Bool {
        do {
            try await fetch([commit])
            return true
        } catch let error as ContextsError where !error.isTemporary {
            return false
        }
    }

    private func fetch(_ names: [String], isShallow: Bool = true) async throws {
        let command = ["fetch", "-q", "-u", "--no-tags", "--no-recurse-submodules"]
        let result = try await git.run(
            command + (isShallow ? ["--depth=1"] : []) + ["--", "origin"] + names, in: work, timeout: .seconds(3600))
        guard result.status != 0 else { return }
        // A server of plain files cannot cut a history off.
        guard isShallow, result.errorOutput.contains("shallow") else {
            throw git.failure(result, doing: "fetching \(names[0]) of")
        }
        try await git.checked(
            command + ["--", "origin"] + names, in: work, doing: "fetching \(names[0]) of", timeout: .seconds(3600))
    }

    /// The whole commit behind a name or its beginning.
    private func commit(_ name: String) async throws -> String {
        let result = try await git.run(["rev-parse", "--verify", "-q", "\(name)^{commit}"], in: work)
        guard result.status != 0 else { return result.text }
        throw result.errorOutput.contains("ambiguous")
            ? ContextsError.ambiguousCommit(name, remote: git.remote.shown)
            : ContextsError.noSuchReference(name, remote: git.remote.shown)
    }

    // MARK: The tree

    /// Writes the files of a commit that was fetched, with its submodules, as they are to be.
    func checkOut(_ commit: String) async throws {
        try await git.checked(["checkout", "-q", "--force", "--detach", commit], in: work, doing: "checking out")
        let time = try await git.checked(["log", "-1", "--format=%ct", commit], in: work, doing: "reading")
        commitTime = Int64(time) ?? 0
        if request.fetchesSubmodules { try await checkOutSubmodules() }
        let mark = request.usesCommitTime ? commitTime : nil
        let tree = GitTreeCleaner(keepsGitFolder: request.keepsGitFolder, time: mark)
        try tree.clean(parent.open(name, [.read, .directory]).open("work", [.read, .directory, .noFollow]))
    }

    /// Their addresses come from the repository: none of them is a path of this machine.
    private func checkOutSubmodules() async throws {
        guard access("\(work)/.gitmodules", F_OK) == 0 else { return }
        let command = ["submodule", "update", "--quiet", "--init", "--recursive"]
        let result = try await git.run(
            command + ["--depth=1"], in: work, allowsLocal: false, timeout: .seconds(3600))
        guard result.status != 0 else { return }
        let failure = git.failure(result, doing: "fetching the submodules of")
        guard !failure.isTemporary, result.errorOutput.contains("Server does not allow request for unadvertised object")
        else { throw failure }
        try await git.checked(
            command + ["--no-recommend-shallow"], in: work, doing: "fetching the submodules of", allowsLocal: false,
            timeout: .seconds(3600))
    }

    /// Gives the tree, or its subfolder, its final name, with a document beside it; removes the rest.
    func move(to folder: FilePath, as key: String, document: [UInt8]) throws {
        do {
            let own = try parent.open(name, [.read, .directory])
            let source = try subfolder(of: own)
            try own.makeDirectory("result", mode: 0o700)
            let result = try own.open("result", [.read, .directory])
            guard rename(source, path.appending("result/tree").string) == 0 else {
                throw SystemError(call: "rename", code: errno, path: source)
            }
            try result.open("commit.json", [.write, .create, .exclusive], mode: 0o600).writeAll(document)
            let target = try OpenFile.makeFolders(folder.string, mode: 0o700)
            do throws(SystemError) {
                try own.rename("result", to: FileName(key), in: target)
            } catch {
                // Another run, or another image, was first.
                guard error.isExisting || error.code == ENOTEMPTY else { throw error }
            }
        } catch {
            try remove()
            throw error
        }
        try remove()
    }

    /// The real path of the wanted folder; links on the way stay inside the tree.
    private func subfolder(of own: OpenFile) throws -> String {
        let tree = try own.open("work", [.read, .directory])
        let names = (request.subfolder ?? "").utf8.split(separator: UInt8(ascii: "/")).filter {
            !$0.elementsEqual(".".utf8)
        }
        guard !names.isEmpty else { return work }
        let relative = names.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
        do throws(SystemError) {
            let folder = try tree.openBeneath(FileName(relative), [.pathOnly, .directory])
            var buffer = [CChar](repeating: 0, count: 4097)
            let count = readlink("/proc/self/fd/\(folder.fd)", &buffer, 4096)
            guard count > 0 else { throw SystemError(call: "readlink", code: errno, path: relative) }
            return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        } catch {
            let reason =
                error.code == EXDEV
                ? "leads out of the repository"
                : error.code == ENOTDIR
                    ? "is no folder" : error.isNotFound ? "is not there" : "cannot be opened: \(error)"
            throw ContextsError.subfolder(relative, remote: git.remote.shown, reason: reason)
        }
    }
}
