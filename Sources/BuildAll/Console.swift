internal import FileSystem
internal import Glibc

/// Standard output or standard error.
struct Console: Sendable {
    static let standardOutput = Console(fd: STDOUT_FILENO)
    static let standardError = Console(fd: STDERR_FILENO)

    private let fd: Int32

    var isTerminal: Bool { isatty(fd) == 1 }

    /// Columns and rows; nil if this is no terminal.
    var size: (columns: Int, rows: Int)? {
        var window = winsize()
        guard isTerminal, ioctl(fd, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else { return nil }
        return (Int(window.ws_col), Int(window.ws_row))
    }

    /// Writes all of a text; when nobody reads any more, the program ends quietly.
    func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(fd, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes = bytes.dropFirst(count)
            } else if errno == EPIPE {
                exit(ExitStatus.success.rawValue)
            } else if errno != EINTR && errno != EAGAIN {
                return
            }
        }
    }

    func write(lines: [String]) {
        if !lines.isEmpty { write(lines.joined(separator: "\n") + "\n") }
    }
}
