import Glibc
import Programs
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct HostProgramTests {
    private func shell(_ line: String, change: (inout HostProgram) -> Void = { _ in }) -> HostProgram {
        var program = HostProgram(["sh", "-c", line], environment: ["PATH": "/usr/bin:/bin"])
        change(&program)
        return program
    }

    @Test(arguments: [("exit 3", 3), ("kill -9 $$", 137), ("true", 0)] as [(String, Int32)])
    func `the status is the exit code, or 128 and the signal`(line: String, status: Int32) async throws {
        #expect(try await shell(line).run().status == status)
    }

    @Test func `output and errors come apart, however much there is`() async throws {
        let result = try await shell("head -c 900000 /dev/zero; head -c 100000 /dev/zero >&2; echo end; echo last >&2")
            .run()
        #expect(result.output.count == 900_004)
        #expect(result.errorOutput.hasSuffix("last\n"))
        #expect(result.errorOutput.utf8.count == 16 << 10)
    }

    @Test(arguments: [0, 1, 4096])
    func `it reads what it is given, and the end of it`(count: Int) async throws {
        let input = [UInt8](repeating: 65, count: count)
        #expect(try await shell("cat") { $0.input = input }.run().output == input)
    }

    @Test func `what it does not read keeps nobody waiting`() async throws {
        #expect(try await shell("exit 4") { $0.input = [1, 2, 3] }.run().status == 4)
    }

    @Test func `the text has no final newline`() async throws {
        #expect(try await shell("printf 'a\nb\n'").run().text == "a\nb")
    }

    @Test func `it has its own environment, folder and session, no terminal and no input`() async throws {
        let folder = try TestFolder()
        let result = try await shell("env | grep -c .; pwd; cat; ls /proc/self/fd | wc -l; (: < /dev/tty) 2>&1") {
            $0.environment["A"] = "b c"
            $0.folder = folder.path
        }.run()
        let lines = result.text.split(separator: "\n").map(String.init)
        // PATH, A, and what sh adds: PWD, perhaps _ and SHLVL.
        #expect((3...5).contains(Int(lines[0]) ?? 0))
        #expect(lines[1] == folder.path)
        // The three, and the folder that ls reads.
        #expect(lines[2] == "4")
        #expect(lines[3].contains("/dev/tty"))
    }

    @Test func `a program that does not end is ended, with all that it started`() async throws {
        let folder = try TestFolder()
        let program = shell("trap '' TERM; (trap '' TERM; sleep 60) & echo $! > pid; wait; sleep 60") {
            $0.folder = folder.path
            $0.timeout = .milliseconds(300)
            $0.grace = .milliseconds(100)
        }
        await #expect(throws: ProgramError.timedOut(program: "sh", after: .milliseconds(300))) {
            try await program.run()
        }
        let pid = try #require(Int32(Shell("cat \(folder.path("pid"))").lines.first ?? ""))
        #expect(isGone(pid))
    }

    @Test func `a cancelled program is gone when the task is`() async throws {
        let folder = try TestFolder()
        let task = Task { try await shell("echo $$ > pid; exec sleep 60") { $0.folder = folder.path }.run() }
        while Shell("cat \(folder.path("pid")) 2>/dev/null").lines.isEmpty {
            try await Task.sleep(for: .milliseconds(5))
        }
        let pid = try #require(Int32(Shell("cat \(folder.path("pid"))").lines.first ?? ""))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(isGone(pid))
    }

    @Test func `too much output is an error`() async throws {
        let program = shell("cat /dev/zero") { $0.outputLimit = 1000 }
        await #expect(throws: ProgramError.tooMuchOutput(program: "sh", limit: 1000)) { try await program.run() }
    }

    @Test func `a program that is not there is an error`() async throws {
        let program = HostProgram(["no-such-program"], environment: [:])
        await #expect(throws: ProgramError.notStarted(program: "no-such-program", reason: "No such file or directory"))
        {
            try await program.run()
        }
    }

    @Test func `what keeps the pipe open does not keep us`() async throws {
        let result = try await shell("sleep 30 & echo done").run()
        #expect(result.text == "done")
    }

    @Test func `a running program ends when it is stopped, and when its input does`() async throws {
        let folder = try TestFolder()
        let first = try RunningProgram(shell("echo $$ > first; exec sleep 60") { $0.folder = folder.path })
        while Shell("cat \(folder.path("first")) 2>/dev/null").lines.isEmpty {
            try await Task.sleep(for: .milliseconds(5))
        }
        first.stop()
        #expect(isGone(try #require(Int32(Shell("cat \(folder.path("first"))").lines.first ?? ""))))
    }

    /// Gone, or not yet reaped by the process that inherited it.
    private func isGone(_ pid: Int32) -> Bool {
        for _ in 0..<100 {
            if kill(pid, 0) != 0 || Shell("grep -q '^State:.Z' /proc/\(pid)/status").status == 0 { return true }
            usleep(10_000)
        }
        return false
    }
}
