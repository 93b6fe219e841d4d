/// The exit codes; scripts rely on them.
enum ExitStatus: Int32, Error {
    /// All done, or fresh.
    case success = 0
    /// An image failed.
    case imageFailed = 1
    /// Wrong usage, or a fault of the manifest; nothing has run.
    case usage = 2
    /// The machine: no sandbox, a damaged state folder.
    case host = 3
    /// Only the network or a registry failed: trying again may do.
    case temporary = 4
    /// Another run holds the state folder.
    case locked = 6
    /// `explain --exit-code`: a step would run.
    case foundWork = 10
    case interrupted = 130
    case terminated = 143
}

/// A command that could not do its work, with the words for the user.
struct CommandFailure: Error, CustomStringConvertible {
    var status: ExitStatus
    var message: String

    var description: String { message }

    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }
}
