import Foundation
import Glibc
import Sandbox
import SystemPackage
import TestSupport
import Testing

/// Descriptors that are passed: in messages, and to a step.
@Suite(.enabled(if: TestRung.isUsable)) struct InputTests {
    let executor: TestExecutor

    init() throws {
        executor = try TestExecutor(TestState())
    }

    private func pipe(holding text: String) throws -> FileDescriptor {
        let pipe = try FileDescriptor.pipe(options: .closeOnExec)
        try pipe.writeEnd.writeAll(text.utf8)
        try pipe.writeEnd.close()
        return pipe.readEnd
    }

    @Test func `descriptors come with their message, in order, owned and close-on-exec`() throws {
        let pipes = try ["one", "two"].map { try pipe(holding: $0) }
        var request = ProbeMessage()
        request.add("command", "descriptors")
        request.add("padding", String(repeating: "x", count: 300_000))
        try executor.process.socket.send(request.bytes, descriptors: pipes.map(\.rawValue))
        let back = try #require(try executor.process.socket.receive())
        #expect(back.bytes == [])
        #expect(back.descriptors.count == 2)
        #expect(back.descriptors.allSatisfy { fcntl($0.fd, F_GETFD) == FD_CLOEXEC })
        let answer = try executor.next().fields
        #expect(answer.all("text") == ["one", "two"])
        #expect(answer.all("closesOnExec") == ["true", "true"])
        for pipe in pipes { try pipe.close() }
    }

    @Test func `a message without descriptors has none`() throws {
        #expect(try executor.ask([("command", "descriptors")])["text"] == nil)
    }

    @Test func `too many descriptors are an error`() throws {
        let error = SandboxError.tooManyDescriptors(count: 254, limit: 253)
        #expect(throws: error) {
            try executor.process.socket.send([1], descriptors: [CInt](repeating: 2, count: 254))
        }
    }

    @Test func `a step reads its stdin to the end`() throws {
        let input = try pipe(holding: "from outside\n")
        let outcome = try executor.run("cat; echo end; tty", descriptors: [input.rawValue])
        try input.close()
        #expect(outcome.lines == ["from outside", "end", "not a tty"])
    }

    @Test func `a terminal is the controlling terminal and has a name`() throws {
        let terminal = try Terminal()
        let script = """
            tty; test -t 0 && test -t 1 && echo terminal; echo controlling >/dev/tty; ls -l /dev/console | cut -c1; echo by name >$(tty)
            """
        try executor.start(script, fields: [("terminal", "yes")], descriptors: [terminal.slave.rawValue])
        try terminal.slave.close()
        let outcome = try executor.next()
        #expect(outcome.error == nil)
        let lines = try terminal.readAll()
        #expect(lines == ["/dev/console", "terminal", "controlling", "c", "by name"])
    }

    @Test func `the terminal's interrupt reaches the step`() throws {
        let terminal = try Terminal()
        let script = "trap 'echo interrupted; exit 3' INT; echo ready; while :; do sleep 0.05; done"
        try executor.start(script, fields: [("terminal", "yes")], descriptors: [terminal.slave.rawValue])
        try terminal.slave.close()
        var ready = [UInt8](repeating: 0, count: 7)
        #expect(read(terminal.master.rawValue, &ready, 7) == 7)
        try terminal.master.writeAll([3])
        #expect(try executor.next().code == 3)
        let lines = try terminal.readAll()
        #expect(lines.last == "^Cinterrupted")
    }
}
