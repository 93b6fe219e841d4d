import Foundation
import Sandbox
import SystemPackage
import TestSupport
import Testing

@Suite(.enabled(if: TestRung.isUsable)) struct ProgramTests {
    let executor: TestExecutor

    init() throws {
        executor = try TestExecutor(TestState())
    }

    @Test(arguments: [
        ("foo", 127, "exec: \"foo\": executable file not found in $PATH"),
        ("/bin/foo", 127, "exec: \"/bin/foo\": no such file or directory"),
        ("/etc", 126, "exec: \"/etc\": permission denied"),
        ("/etc/marker", 126, "exec: \"/etc/marker\": permission denied"),
        ("/etc/noformat", 126, "exec: \"/etc/noformat\": exec format error"),
    ])
    func `a program that cannot be started says why`(name: String, code: Int, text: String) throws {
        try executor.state.write("no format\n", to: "etc/noformat")
        chmod(executor.state.base.appending("etc/noformat").string, 0o755)
        try executor.start(arguments: [name, "x"])
        let outcome = try executor.next()
        #expect(outcome.fields["startFailure"] == text)
        #expect(outcome.code == code)
    }

    @Test func `a program is looked for in the given PATH`() throws {
        try executor.start(arguments: ["echo", "a"], fields: [("variable", "PATH=/nowhere:/bin")])
        #expect(try executor.next().output == "a\n")
        try executor.start(arguments: ["echo", "a"], fields: [("variable", "PATH=/nowhere")])
        #expect(try executor.next().code == 127)
    }

    @Test func `a signal's number comes back`() throws {
        let outcome = try executor.run("kill -9 $$")
        #expect(outcome.signal == 9)
        #expect(outcome.code == 137)
    }

    @Test func `background processes end with the program`() throws {
        let clock = ContinuousClock()
        let begin = clock.now
        let outcome = try executor.run("for i in $(seq 200); do sleep 1000 & done; setsid sleep 1000 & echo started")
        #expect(outcome.output == "started\n")
        #expect(clock.now - begin < .seconds(30))
    }

    @Test func `arguments and variables of a megabyte arrive whole`() throws {
        let values = (0..<16).map { "V\($0)=" + String(repeating: "x", count: 65536) }
        let fields = [("variable", "PATH=/bin")] + values.map { ("variable", $0) }
        #expect(try executor.run("echo ${#V0} ${#V15}", fields: fields).output == "65536 65536\n")
    }

    @Test func `terminate ends a step that listens to TERM`() throws {
        let outcome = try executor.run(
            "trap 'echo term; exit 7' TERM; while :; do sleep 0.01; done", fields: [("terminateAfter", "100000")])
        #expect(outcome.lines.last == "term")
        #expect(outcome.code == 7)
    }

    @Test func `terminate kills a step that does not listen to TERM`() throws {
        let outcome = try executor.run(
            "trap '' TERM; while :; do sleep 1000; done", fields: [("terminateAfter", "100000")])
        #expect(outcome.signal == 9)
    }

    @Test func `steps run at once`() throws {
        let upper = try executor.state.makeFolder("upper")
        mkfifo(executor.state.base.appending("gate").string, 0o666)
        try executor.start("sleep 0.3; echo slow", upper: upper)
        try executor.start("echo fast")
        #expect(try [executor.next().output, executor.next().output] == ["fast\n", "slow\n"])
    }

    @Test func `what a step used is told`() throws {
        let outcome = try executor.run("i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done")
        #expect(Int(outcome.fields["cpu"] ?? "") ?? 0 > 10000)
        #expect(Int(outcome.fields["peak"] ?? "") ?? 0 > 100_000)
    }
}
