internal import ArgumentParser
internal import Glibc

/// Parses the command line, runs the command, and turns what it throws into a message and an exit code.
@main
enum EntryPoint {
    static func main() async {
        // A reader that went away is noticed by the failing write.
        signal(SIGPIPE, SIG_IGN)
        if let (program, arguments) = KanikoProgram.called(by: CommandLine.arguments) {
            exit(await program.run(arguments))
        }
        do {
            var command = try BuildAllCommand.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            exit(code(for: error))
        }
    }

    /// Prints what there is to say.
    private static func code(for error: any Error) -> Int32 {
        if let status = error as? ExitStatus { return status.rawValue }
        if let code = error as? ArgumentParser.ExitCode { return code.rawValue }
        if let failure = error as? CommandFailure {
            Console.standardError.write("build-all: \(failure.message)\n")
            return failure.status.rawValue
        }
        let parserCode = BuildAllCommand.exitCode(for: error)
        if parserCode == .success {
            Console.standardOutput.write(BuildAllCommand.fullMessage(for: error) + "\n")
            return 0
        }
        if parserCode == .validationFailure {
            Console.standardError.write(BuildAllCommand.fullMessage(for: error) + "\n")
            return ExitStatus.usage.rawValue
        }
        Console.standardError.write("build-all: \(error)\n")
        return ExitStatus.host.rawValue
    }
}
