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

    /// Writes all of a text; when nobody reads any more, the rest is nobody's loss: what the program does goes on, and its
    /// exit code says how it went.
    func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(fd, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes = bytes.dropFirst(count)
            } else if errno == EAGAIN {
                var waiting = pollfd(fd: fd, events: Int16(POLLOUT), revents: 0)
                _ = poll(&waiting, 1, -1)
            } else if errno != EINTR {
                return
            }
        }
    }

    func write(lines: [String]) {
        if !lines.isEmpty { write(lines.joined(separator: "\n") + "\n") }
    }
}
