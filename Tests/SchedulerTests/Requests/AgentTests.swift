import FileSystem
import Foundation
import Jobs
import Planning
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Scheduler

@Suite(.timeLimit(.minutes(10))) struct AgentTests {
    /// Asks for the agent `id` of an image with these, and runs a command line with SSH_AUTH_SOCK set to what came.
    private func run(
        _ agents: [PlannedAgent], asking id: String = "default", _ line: String
    ) async throws -> (response: ExecutorResponse?, output: String, batch: TestBatch) {
        let seen = Mutex<(ExecutorResponse?, String)>((nil, ""))
        let batch = try TestBatch(
            [TestImage(name: "a", agents: agents)],
            scripts: [
                "a": { executor in
                    let response = executor.ask(.agent(id: id))
                    var output = ""
                    if case .agent(let socket?) = response {
                        output =
                            Shell("export SSH_AUTH_SOCK='\(socket)'; stat -c %a \"$SSH_AUTH_SOCK\"; \(line)").output
                    }
                    seen.withLock { [output] in $0 = (response, output) }
                    executor.send(.finished(.sample(of: "a")))
                }
            ])
        _ = try await batch.run()
        let (response, output) = seen.withLock { $0 }
        return (response, output, batch)
    }

    /// A key without a passphrase, and one with.
    private func keys() throws -> TestFolder {
        let folder = try TestFolder()
        Shell("ssh-keygen -q -t ed25519 -N '' -C plain -f \(folder.path("plain"))")
        Shell("ssh-keygen -q -t ed25519 -N secret -C locked -f \(folder.path("locked"))")
        return folder
    }

    @Test func `keys of files can be listed and used, and that is all`() async throws {
        let folder = try keys()
        let agent = PlannedAgent(id: "default", source: .keys([folder.path("plain")]))
        let (_, output, batch) = try await run(
            [agent],
            """
            ssh-add -L; echo text > \(folder.path("text"))
            ssh-keygen -Y sign -f \(folder.path("plain.pub")) -n file \(folder.path("text")) 2>&1 && echo signed
            ssh-add -D >/dev/null 2>&1 || echo kept; ssh-add \(folder.path("plain")) >/dev/null 2>&1 || echo not added
            ssh-add -x </dev/null >/dev/null 2>&1 || echo not locked; ssh-add -L | wc -l
            """)
        let lines = output.split(separator: "\n").map(String.init)
        #expect(lines.first == "600")
        #expect(lines.contains { $0.hasPrefix("ssh-ed25519 ") && $0.hasSuffix(" plain") })
        #expect(lines.suffix(5) == ["signed", "kept", "not added", "not locked", "1"], "\(output)")
        #expect(Shell("ls \(batch.folder)/tmp").output == "")
    }

    @Test func `an agent that runs is reached by its socket, however long the path`() async throws {
        let folder = try keys()
        let deep = folder.path(String(repeating: "long/", count: 40))
        Shell(
            "mkdir -p \(deep); cd \(deep); ssh-agent -a agent > pid; SSH_AUTH_SOCK=agent ssh-add -q \(folder.path("plain"))"
        )
        defer { Shell("eval $(cat \(deep)/pid); kill $SSH_AGENT_PID") }
        let agent = PlannedAgent(id: "x", source: .socket("\(deep)agent"))
        let (_, output, _) = try await run([agent], asking: "x", "ssh-add -L")
        #expect(output.contains(" plain"))
    }

    @Test func `an agent that the image does not list is not there`() async throws {
        #expect(try await run([], "").response == .agent(socket: nil))
    }

    @Test func `a key with a passphrase, and what is no key, are failures that say so`() async throws {
        let folder = try keys()
        Shell("echo nothing > \(folder.path("none")); chmod 600 \(folder.path("none"))")
        for (file, reason) in [
            ("locked", "has a passphrase: give the socket of an agent that has the key"),
            ("none", ": Error loading key"),
            ("missing", ": No such file or directory"),
        ] {
            let (response, _, _) = try await run([PlannedAgent(id: "default", source: .keys([folder.path(file)]))], "")
            guard case .failed(let failure) = response else {
                Issue.record("\(file): \(String(describing: response))")
                continue
            }
            #expect(failure.class == .context)
            #expect(failure.message.hasPrefix("ssh agent \"default\": \(folder.path(file))"), "\(failure.message)")
            #expect(failure.message.contains(reason), "\(failure.message)")
        }
    }

    @Test func `a socket behind which nobody listens is a failure`() async throws {
        let folder = try TestFolder()
        let agent = PlannedAgent(id: "default", source: .socket(folder.path("none")))
        guard case .failed(let failure) = try await run([agent], "").response else {
            Issue.record("it was answered")
            return
        }
        #expect(failure.message.contains(folder.path("none")))
    }

    @Test func `what is no message of an agent ends the connection, and others are served`() throws {
        let folder = try keys()
        Shell("cd \(folder.path); ssh-agent -a agent > pid; SSH_AUTH_SOCK=agent ssh-add -q plain")
        defer { Shell("eval $(cat \(folder.path("pid"))); kill $SSH_AGENT_PID") }
        let forwarder = try AgentForwarder(in: FilePath(folder.path), to: FilePath(folder.path("agent")))
        let bad = try LocalSocket.connected(to: forwarder.path)
        try bad.writeAll([0xff, 0xff, 0xff, 0xff, 11])
        #expect(AgentMessage(from: bad) == nil)
        let good = try LocalSocket.connected(to: forwarder.path)
        for (request, first) in [([27], 5), ([17, 1], 5), ([11], 12), ([11, 0], 5), ([22], 5)] as [([UInt8], UInt8)] {
            #expect(AgentMessage(bytes: request).send(to: good))
            #expect(AgentMessage(from: good)?.bytes.first == first, "\(request)")
        }
        forwarder.close()
        #expect(AgentMessage(from: good) == nil)
        #expect(Shell("ls \(folder.path) | grep -c agent-").output == "0\n")
    }
}
