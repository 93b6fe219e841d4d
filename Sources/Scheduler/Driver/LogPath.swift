internal import FileSystem
internal import Storage
internal import SystemPackage

/// Where the log of an image's build is: `logs/<run>/<image>.log` in the state folder, or below `tmp` if it is not kept.
struct LogPath {
    private let state: StateFolder
    private let parent: FilePath
    private let run: String
    private let fileName: String

    init(_ environment: RunEnvironment, image: String) {
        state = environment.state
        parent = environment.keepsLogs ? state.logs : state.temporary
        run = environment.run
        // A `/` of the name is `%2F`; no other character of a name or a ULID means anything to a file system.
        fileName = image.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "%2F") + ".log"
    }

    /// From the state folder, for logs that are kept.
    var relative: String { "logs/\(run)/\(fileName)" }

    var absolute: String { parent.appending(run).appending(fileName).string }

    /// Makes the folder of the run's logs.
    func prepare() throws(SystemError) {
        let logs = try OpenFile.open(parent.string, [.pathOnly, .directory])
        do throws(SystemError) {
            try logs.makeDirectory(FileName(run), mode: 0o700)
        } catch {
            if !error.isExisting { throw error }
        }
    }
}
