import Foundation
import Glibc
import Sandbox
import SystemPackage
import TestSupport
import Testing

@Suite(.enabled(if: TestRung.isUsable)) struct NetworkTests {
    let executor: TestExecutor
    let service: LoopbackService

    init() throws {
        executor = try TestExecutor(TestState())
        service = try LoopbackService()
    }

    private func connect(to address: String, network: StepNetwork) throws -> Outcome {
        try executor.run("echo q | nc -w 2 \(address) \(service.port)", network: network)
    }

    @Test func `with the host's network its loopback services answer`() throws {
        #expect(try connect(to: "127.0.0.1", network: .host).output == "hello from the host")
    }

    @Test(.enabled(if: TestRung.hasPrivateNetwork), arguments: ["127.0.0.1", "gateway", "own address"])
    func `with a network of its own a step reaches no loopback service of the host`(address: String) throws {
        let find = [
            "gateway": "ip route | awk '/default/ {print $3}'",
            "own address": "ip -4 addr show eth0 | awk '/inet/ {print $2}' | cut -d/ -f1",
        ]
        let target = try find[address].map {
            try executor.run($0, network: .private).output.split(separator: "\n").first.map(String.init) ?? "10.0.2.2"
        }
        let outcome = try connect(to: target ?? address, network: .private)
        #expect(outcome.network == .private)
        #expect(!outcome.output.contains("hello"))
        #expect(outcome.code != 0)
    }

    @Test(.enabled(if: TestRung.hasPrivateNetwork))
    func `steps share a stack, may use low ports, and leave nothing listening`() throws {
        let outcome = try executor.run(
            """
            while [ ! -s /got ]; do nc -l -p 80 >/got; done & n=0
            while [ ! -s /got ] && [ $n -lt 100 ]; do n=$((n + 1)); echo hi | nc -w 1 127.0.0.1 80 2>/dev/null; sleep 0.1; done
            cat /got; ip route
            """, network: .private)
        #expect(outcome.lines.first == "hi")
        #expect(outcome.output.contains("default via"))
        #expect(try executor.run("nc -w 1 127.0.0.1 80 </dev/null", network: .private).code != 0)
    }

    @Test(.enabled(if: !TestRung.hasPrivateNetwork))
    func `without a stack the host's network is used and the reason told`() throws {
        let outcome = try executor.run("true", network: .private)
        #expect(outcome.network == .host)
        #expect(outcome.fields["note"]?.isEmpty == false)
    }

    @Test func `with no network there is loopback and nothing else`() throws {
        let outcome = try executor.run(
            "ip -o link | grep -v 'lo:' | grep -v 'state DOWN' | grep UP; ip route; cat /proc/net/route | wc -l",
            network: .none)
        #expect(outcome.lines == ["1"])
        #expect(try connect(to: "127.0.0.1", network: .none).code != 0)
    }

    @Test(.enabled(if: AbstractSocket.canBeScoped))
    func `abstract sockets of the host are out of reach, also with the host's network`() throws {
        let socket = try AbstractSocket()
        try executor.state.write("", to: "etc/x")
        let program = executor.state.base.appending("bin/abstract").string
        try AbstractSocket.compileClient(to: program)
        try executor.start(arguments: ["/bin/abstract", socket.name], fields: [("network", "host")])
        #expect(try executor.next().output == "Operation not permitted\n")
    }
}
