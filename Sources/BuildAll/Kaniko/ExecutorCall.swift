internal import Kaniko

/// One call of `executor`, with whatever it is to do.
struct ExecutorCall {
    private let arguments: [String]

    init(_ arguments: [String]) { self.arguments = arguments }

    func run() async throws -> Int32 {
        switch arguments.first {
        case "version":
            Console.standardOutput.write("build-all \(BuildAllCommand.version)\n")
            return 0
        case "login": return try LoginCall(Array(arguments.dropFirst())).run()
        case "push": return try await PushCall(Array(arguments.dropFirst())).run()
        default: return try await build()
        }
    }

    private func build() async throws -> Int32 {
        let flags = try GivenFlags(arguments, of: Flag.executor)
        if flags.asksForHelp {
            Console.standardOutput.write(HelpText.executor)
            return 0
        }
        let options = try ExecutorOptions(flags, .ofProcess)
        return try await ExecutorRun(options).run()
    }
}
