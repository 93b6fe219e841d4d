internal import Glibc

/// How a step ended.
public struct StepExit: Equatable, Sendable {
    /// The program's exit code; 128 and the signal's number when a signal killed it; 127 when it was not found and 126
    /// when it could not be executed.
    public let code: Int
    /// The signal that killed the program.
    public let signal: Int?
    /// Why the program was not started, in the words of `docker build`; nil when it was.
    public let startFailure: String?
    /// Processes of the executor's control group were killed for lack of memory while the step ran.
    public let ranOutOfMemory: Bool
    /// It was ended for having more processes than it may, where it is us who count them.
    public let hadTooManyProcesses: Bool
    public let usage: ProcessUsage

    init(killedForProcesses usage: ProcessUsage) {
        (code, signal) = (128 + Int(SIGKILL), Int(SIGKILL))
        (startFailure, ranOutOfMemory, hadTooManyProcesses) = (nil, false, true)
        self.usage = usage
    }

    init(status: WaitStatus, ranOutOfMemory: Bool, usage: ProcessUsage) {
        switch status {
        case .exited(let code): (self.code, signal) = (code, nil)
        case .signalled(let number): (code, signal) = (128 + number, number)
        }
        (startFailure, hadTooManyProcesses) = (nil, false)
        self.ranOutOfMemory = ranOutOfMemory
        self.usage = usage
    }

    /// A program that could not be started.
    init(program: String, errno: CInt, usage: ProcessUsage) {
        code = errno == ENOENT || errno == ENOTDIR ? 127 : 126
        signal = nil
        let reason =
            errno == ENOENT && !program.contains("/")
            ? "executable file not found in $PATH" : SandboxError.text(of: errno).lowercasedFirst
        startFailure = "exec: \"\(program)\": \(reason)"
        (ranOutOfMemory, hadTooManyProcesses) = (false, false)
        self.usage = usage
    }
}

extension String {
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
