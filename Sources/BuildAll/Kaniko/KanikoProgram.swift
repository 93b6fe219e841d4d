internal import ArgumentParser
internal import Glibc
internal import Kaniko

/// The command lines of kaniko: `build-all executor …`, or this program under the name `executor`.
enum KanikoProgram: String {
    case executor, warmer

    /// Which of them is called, and its arguments; nil for a command of our own.
    static func called(by arguments: [String]) -> (program: KanikoProgram, arguments: [String])? {
        let name = arguments.first?.split(separator: "/").last.map(String.init) ?? ""
        if let program = KanikoProgram(rawValue: name) { return (program, Array(arguments.dropFirst())) }
        guard arguments.count > 1, let program = KanikoProgram(rawValue: arguments[1]) else { return nil }
        return (program, Array(arguments.dropFirst(2)))
    }

    /// Runs it; returns the exit code, which is kaniko's: 1 for all that goes wrong, but for a failing RUN, which gives its
    /// own, and a machine that cannot build at all.
    func run(_ arguments: [String]) async -> Int32 {
        do {
            return switch self {
            case .executor: try await ExecutorCall(arguments).run()
            case .warmer: try await WarmerCall(arguments).run()
            }
        } catch {
            return code(of: error)
        }
    }

    private func code(of error: any Error) -> Int32 {
        if let status = error as? ExitStatus { return status == .host ? status.rawValue : Self.plain(status) }
        Console.standardError.write("\(rawValue): \(error)\n")
        guard let failure = error as? CommandFailure else { return 1 }
        return Self.plain(failure.status)
    }

    /// Of a run.
    static func plain(_ status: ExitStatus) -> Int32 {
        switch status {
        case .success, .host, .interrupted, .terminated: status.rawValue
        case .imageFailed, .usage, .temporary, .locked, .foundWork: 1
        }
    }
}

/// For `build-all --help`; the arguments are read before they get here.
struct ExecutorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "executor", abstract: "Builds an image as kaniko's executor does: see executor --help.")

    @Argument(parsing: .captureForPassthrough, help: "kaniko's flags.")
    var arguments: [String] = []

    func run() async throws { throw ExitCode(await KanikoProgram.executor.run(arguments)) }
}

/// For `build-all --help`; the arguments are read before they get here.
struct WarmerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "warmer", abstract: "Fetches base images as kaniko's warmer does: see warmer --help.")

    @Argument(parsing: .captureForPassthrough, help: "kaniko's flags.")
    var arguments: [String] = []

    func run() async throws { throw ExitCode(await KanikoProgram.warmer.run(arguments)) }
}
