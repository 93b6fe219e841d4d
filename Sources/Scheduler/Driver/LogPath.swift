internal import FileSystem
internal import Storage
internal import SystemPackage

/// Where the log of an image's build is: `logs/<run>/<image>.log` in the state folder.
struct LogPath {
    let run: String
    let image: String

    /// A `/` of the name is `%2F`; no other character of a name or a ULID means anything to a file system.
    private var fileName: String {
        image.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "%2F") + ".log"
    }

    /// From the state folder.
    var relative: String { "logs/\(run)/\(fileName)" }

    func absolute(in state: StateFolder) -> String { state.logs.appending(run).appending(fileName).string }

    /// Makes the folder of the run's logs.
    func prepare(in state: StateFolder) throws(SystemError) {
        let logs = try OpenFile.open(state.logs.string, [.pathOnly, .directory])
        do throws(SystemError) {
            try logs.makeDirectory(FileName(run), mode: 0o700)
        } catch {
            if !error.isExisting { throw error }
        }
    }
}
