internal import Dispatch
internal import FileSystem
internal import Glibc
internal import Scheduler
internal import Threads

/// What a shell in a sandbox talks to: a terminal of its own that is copied to and from ours, or, where there is none,
/// our three standard streams.
final class ShellTerminal: TerminalLending {
    private struct State {
        /// Of our terminal, as they were.
        var saved: termios?
        var resizing: (any DispatchSourceSignal)?
        var copiesOutput: DispatchGroup?
    }

    private let state = Monitor(State())

    func lend() throws -> LentTerminal {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
            return LentTerminal(isTerminal: false, descriptors: [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO])
        }
        let (ours, theirs) = try OpenFile.terminal()
        followSize(ours.fd)
        makeRaw()
        copy(ours)
        return LentTerminal(isTerminal: true, descriptors: [theirs.fd], owner: theirs)
    }

    /// Leaves our terminal as it was found, once all that the shell wrote is shown.
    func close() {
        let (saved, resizing, output) = state.change { state in
            defer { state = State() }
            return (state.saved, state.resizing, state.copiesOutput)
        }
        resizing?.cancel()
        _ = output?.wait(timeout: .now() + 1)
        if var saved { tcsetattr(STDIN_FILENO, TCSADRAIN, &saved) }
    }

    private func followSize(_ fd: CInt) {
        Self.copySize(to: fd)
        signal(SIGWINCH, SIG_IGN)
        let source = DispatchSource.makeSignalSource(
            signal: SIGWINCH, queue: DispatchQueue(label: "build-all.terminal-size"))
        source.setEventHandler { Self.copySize(to: fd) }
        source.activate()
        state.change { $0.resizing = source }
    }

    private static func copySize(to fd: CInt) {
        var size = winsize()
        if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 { _ = ioctl(fd, UInt(TIOCSWINSZ), &size) }
    }

    private func makeRaw() {
        var attributes = termios()
        guard tcgetattr(STDIN_FILENO, &attributes) == 0 else { return }
        let saved = attributes
        state.change { $0.saved = saved }
        cfmakeraw(&attributes)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &attributes)
    }

    /// Each way on a thread of its own; ours to theirs ends with the process.
    private func copy(_ pair: OpenFile) {
        let group = DispatchGroup()
        state.change { $0.copiesOutput = group }
        DispatchQueue(label: "build-all.terminal-input").async { Self.copy(from: STDIN_FILENO, to: pair.fd) }
        DispatchQueue(label: "build-all.terminal-output").async(group: group) {
            Self.copy(from: pair.fd, to: STDOUT_FILENO)
            withExtendedLifetime(pair) {}
        }
    }

    private static func copy(from source: CInt, to target: CInt) {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = read(source, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            var start = 0
            while start < count {
                let written = buffer[start..<count].withUnsafeBytes { write(target, $0.baseAddress, $0.count) }
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { return }
                start += written
            }
        }
    }
}
