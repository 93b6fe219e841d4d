internal import Manifest
internal import Programs
internal import SystemPackage

/// What git says of the folder of a manifest.
enum GitFolder {
    /// For `${git.…}` and `epoch: git`; throws if the folder is in no repository with a commit.
    static func facts(of folder: FilePath) throws -> GitFacts {
        guard let commit = try git(folder, "log", "-1", "--format=%H %h %ct") else {
            throw CommandFailure(.usage, "\(folder) is in no git repository with a commit, or git is not installed")
        }
        let fields = commit.split(separator: " ").map(String.init)
        guard fields.count == 3, let time = Int64(fields[2]) else {
            throw CommandFailure(.usage, "git log answered \"\(commit)\" in \(folder)")
        }
        return GitFacts(
            sha: fields[0], short: fields[1], branch: try git(folder, "symbolic-ref", "--short", "-q", "HEAD"),
            remote: try git(folder, "config", "--get", "remote.origin.url").map(withoutCredentials), commitTime: time)
    }

    /// Commit and whether tracked files differ from it; nil outside a repository.
    static func state(of folder: FilePath) throws -> (commit: String, isDirty: Bool)? {
        guard let commit = try git(folder, "rev-parse", "--verify", "-q", "HEAD") else { return nil }
        return (commit, try git(folder, "diff-index", "--quiet", "HEAD", "--") == nil)
    }

    private static func git(_ folder: FilePath, _ arguments: String...) throws -> String? {
        let program = HostProgram(["git", "-C", folder.string] + arguments, environment: Environment.all)
        do {
            let result = try program.runBlocking()
            return result.status == 0 ? String(result.text.prefix { $0 != "\n" }) : nil
        } catch ProgramError.notStarted {
            return nil
        }
    }

    /// `https://user:secret@host/x` without user and secret.
    private static func withoutCredentials(_ url: String) -> String {
        guard let scheme = url.firstRange(of: "://"), let at = url[scheme.upperBound...].firstIndex(of: "@") else {
            return url
        }
        let end = url[scheme.upperBound...].firstIndex(of: "/") ?? url.endIndex
        return at < end ? String(url[..<scheme.upperBound] + url[url.index(after: at)...]) : url
    }
}
