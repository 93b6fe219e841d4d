internal import FileSystem
internal import Glibc
internal import Sandbox
internal import Threads

/// What of a container is closed to steps: the permissions of others are taken from it, and given back at the end.
///
/// Steps are another user than everything else, without capabilities: what modes deny is out of their reach.
final class ClosedPaths: Sendable {
    /// Folders before what is in them.
    private let paths: [String]
    /// To give back.
    private let modes = Monitor<[(OpenFile, UInt16)]>([])

    init(_ paths: [String]) {
        self.paths = paths.sorted()
    }

    func close() throws {
        for path in paths where stepCanReach(path) { try close(path) }
    }

    /// What cannot be changed stays as it is: whether steps reach it is seen before they run.
    private func close(_ path: String) throws {
        let file = try OpenFile.open(path, [.pathOnly, .noFollow])
        let mode = try file.status().permissions
        guard mode & 0o077 != 0 else { return }
        do throws(SystemError) {
            try file.setPermissions(mode & 0o700)
            modes.change { $0.append((file, mode)) }
        } catch {
            guard error.code == EROFS || error.code == EPERM else { throw error }
        }
    }

    /// What steps can read or enter all the same.
    var reached: [String] { paths.filter(stepCanReach) }

    /// Throws the first failure once all have been tried.
    func open() throws {
        var failure: (any Error)?
        for (file, mode) in modes.change({ $0 }) {
            do { try file.setPermissions(mode) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }
}
