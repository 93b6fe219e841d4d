internal import Dispatch

/// A program of the host, run without a shell, a terminal or a question.
///
/// It is the leader of a session of its own: it and what it starts are ended together, and none of them finds a
/// terminal to ask at. It has no descriptors but the standard three.
public struct HostProgram: Sendable {
    /// The first is a path, or a name that is looked up in our PATH.
    public var arguments: [String]
    /// All that it has.
    public var environment: [String: String]
    /// Nil is ours.
    public var folder: String?
    /// What it reads on its standard input, at most 4 KiB; without it, nothing.
    public var input: [UInt8]?
    /// More on its standard output ends it with an error. Of its standard error the last 16 KiB are kept.
    public var outputLimit = 1 << 20
    public var timeout: Duration = .seconds(600)
    /// How long it has between SIGTERM and SIGKILL.
    public var grace: Duration = .seconds(2)
    /// While it is shut the program is not started.
    public var barrier = ProgramBarrier.ofProcess

    /// Variables that hold what is meant for us, whatever the program. All others are its as much as ours: some find in
    /// them who they are.
    private static let withheld: Set<String> = [
        "DOCKER_AUTH_CONFIG", "CI_REGISTRY_PASSWORD", "AZURE_STORAGE_ACCESS_KEY", "AZURE_STORAGE_KEY",
        "AZURE_STORAGE_SAS_TOKEN",
    ]

    /// - Parameter environment: all that it has, but for passwords and keys that are meant for us.
    public init(_ arguments: [String], environment: [String: String]) {
        precondition(!arguments.isEmpty, "a program has a name")
        self.arguments = arguments
        self.environment = environment.filter { !Self.withheld.contains($0.key) }
    }

    /// Runs it to its end, and blocks the thread meanwhile: for work that is no task.
    public func runBlocking() throws -> ProgramResult { try ProgramRun(self).untilItsEnd() }

    /// Runs it to its end. How it ended is no error.
    ///
    /// Throws `ProgramError`, and `CancellationError` once a cancelled program is gone.
    public func run() async throws -> ProgramResult {
        let run = try ProgramRun(self)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                run.queue.async { continuation.resume(with: Result { try run.untilItsEnd() }) }
            }
        } onCancel: {
            run.cancel()
        }
    }
}

/// How a program ended, and what it said.
public struct ProgramResult: Hashable, Sendable {
    /// The exit code; 128 and the signal's number for one that a signal ended.
    public var status: Int32
    public var output: [UInt8]
    public var errorOutput: String

    /// Standard output as text, without its final newline.
    public var text: String {
        let isEnded = output.last == 10
        return String(decoding: isEnded ? output.dropLast() : output[...], as: UTF8.self)
    }
}

/// Why a program was not run to its end.
public enum ProgramError: Error, Hashable, Sendable {
    /// It is not there, or cannot be executed.
    case notStarted(program: String, reason: String)
    case timedOut(program: String, after: Duration)
    case tooMuchOutput(program: String, limit: Int)
}

extension ProgramError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notStarted(let program, let reason): "\(program) cannot be started: \(reason)"
        case .timedOut(let program, let duration): "\(program) was ended after \(duration.components.seconds) s"
        case .tooMuchOutput(let program, let limit): "\(program) was ended: it wrote more than \(limit) bytes"
        }
    }
}
