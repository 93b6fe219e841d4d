import Foundation
import TestSupport
import Testing

/// `build-all shell`.
@Suite struct ShellTests {
    private static let dockerfile = """
        FROM base
        ENV COLOUR=green
        WORKDIR /work
        RUN echo before > marker
        RUN --mount=type=tmpfs,target=/scratch echo gone > never; exit 9
        RUN echo after > later

        """

    private func workspace(_ dockerfile: String = Self.dockerfile) throws -> Workspace {
        let workspace = try Workspace("shell")
        try workspace.writeBusybox("base")
        try workspace.write("base/Dockerfile", Workspace.busyboxDockerfile)
        try workspace.write("app/Dockerfile", dockerfile)
        try workspace.write("batch.yaml", "version: 1\nimages:\n  base: base\n  app: app\n")
        return workspace
    }

    /// Runs a script in the shell of `app`.
    private func shell(_ script: String, _ arguments: String = "", in workspace: Workspace) throws -> Outcome {
        try workspace.write("script", script)
        let command = "'\(Program.buildAll)' shell --state state batch.yaml app \(arguments) < script"
        return try Program.run(["sh", "-c", command], in: workspace.folder)
    }

    @Test func `a shell opens before the step that fails, with its mounts and environment`() throws {
        let workspace = try workspace()
        let outcome = try shell(
            "pwd; cat marker; ls; echo $COLOUR; grep -c ' /scratch tmpfs' /proc/mounts; exit 5\n", in: workspace)
        #expect(outcome.exitCode == 5, "\(outcome.errors)")
        #expect(outcome.output == "/work\nbefore\nmarker\ngreen\n1\n", "\(outcome.errors)")
        // The step was run to see that it fails.
        #expect(outcome.errors.contains("exit 9"), "\(outcome.errors)")
    }

    @Test func `a step that failed before is not run again to be looked at`() throws {
        let workspace = try workspace(
            """
            FROM base
            RUN --mount=type=cache,target=/runs echo x >> /runs/log; exit 9

            """)
        #expect(try workspace.buildAll("batch.yaml").exitCode == 1)
        let outcome = try shell("cat /runs/log\n", in: workspace)
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(outcome.output == "x\n")
    }

    @Test func `without a failing step it is the finished image, and nothing of it is kept`() throws {
        let workspace = try workspace("FROM base\nWORKDIR /work\nRUN echo before > marker\n")
        #expect(try shell("rm marker; touch mine\n", in: workspace).exitCode == 0)
        #expect(try shell("ls\n", in: workspace).output == "marker\n")
        let history = try workspace.buildAll("history", "ls")
        #expect(!history.output.contains("app"), "\(history.output)")
    }

    @Test func `it opens before a line, and runs a command instead of a shell`() throws {
        let workspace = try workspace()
        let outcome = try shell("", "--before 4 -- ls -a /work", in: workspace)
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(outcome.output == ".\n..\n")
        #expect(try shell("", "-- false", in: workspace).exitCode == 1)
    }

    @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
    func `a signal ends the shell, and the exit code says which`(signal: Int32, code: Int32) throws {
        let workspace = try workspace("FROM base\nWORKDIR /work\n")
        let errors = workspace.path("errors")
        let process = try Program.start(
            [
                Program.buildAll, "shell", "--state", workspace.state, "batch.yaml", "app", "--", "sleep", "60",
            ], in: workspace.folder, errors: errors)
        for _ in 0..<600 where try !String(contentsOfFile: errors, encoding: .utf8).contains("shell in") {
            usleep(50_000)
        }
        usleep(500_000)
        process.send(signal)
        let status = process.wait()
        let said = try String(contentsOfFile: errors, encoding: .utf8)
        #expect(status == code, "\(said)")
    }

    @Test func `on a terminal the shell has one of its own`() throws {
        let workspace = try workspace()
        // The quotes keep the echo of what is typed from looking like the answer.
        try workspace.write("type", "tty >/dev/null && echo it is a 'term'inal\nstty size\nexit 4\n")
        let shell = "'\(Program.buildAll)' shell --state state batch.yaml app"
        let command = "stty rows 33 cols 77; \(shell); echo code \\$?; touch done"
        let typing = "cat type; until [ -e done ]; do sleep 0.2; done"
        let outcome = try Program.run(
            ["sh", "-c", "(\(typing)) | script -qec \"\(command)\" /dev/null"], in: workspace.folder)
        #expect(outcome.output.contains("it is a terminal"), "\(outcome.output) \(outcome.errors)")
        #expect(outcome.output.contains("33 77"), "\(outcome.output)")
        #expect(outcome.output.contains("code 4"), "\(outcome.output)")
    }

    @Test func `what cannot be opened says why`() throws {
        let workspace = try workspace()
        let all = try Program.run(
            [Program.buildAll, "shell", "--state", "state", "batch.yaml", "*"], in: workspace.folder)
        #expect(all.exitCode == 2)
        #expect(all.errors.contains("base, app"), "\(all.errors)")
        let nowhere = try shell("", "--before 99", in: workspace)
        #expect(nowhere.exitCode == 1)
        #expect(nowhere.errors.contains("line 99 of app/Dockerfile is in no instruction"), "\(nowhere.errors)")
        try workspace.write("app/Dockerfile", "FROM base\nRUNN x\n")
        let broken = try shell("", in: workspace)
        #expect(broken.exitCode == 1)
        #expect(broken.errors.contains("did you mean RUN?"), "\(broken.errors)")
    }
}
