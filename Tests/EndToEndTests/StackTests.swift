import Foundation
import TestSupport
import Testing

/// `network: private` by slirp4netns, where pasta is not installed.
@Suite(.enabled(if: Privilege.isRoot && Shell("command -v slirp4netns").status == 0, "needs root and slirp4netns"))
struct StackTests {
    /// Runs `build-all` on a machine without these programs.
    private func build(_ workspace: Workspace, _ steps: String, without programs: [String]) throws -> Outcome {
        try workspace.writeBase()
        try workspace.write(
            "batch.yaml",
            """
            version: 1
            images:
              base: contexts/base
              app: {inline: "\(steps.replacing("\n", with: "\\n"))", network: private, outputs: [{rootfs: out}]}

            """)
        let script = """
            for name in \(programs.joined(separator: " ")); do
                mount --bind /dev/null "$(readlink -f "$(command -v $name)")"
            done
            exec "$@"
            """
        return try Program.run(
            [
                "unshare", "--mount", "sh", "-euc", script, "sh", Program.buildAll, "batch.yaml", "--state",
                workspace.state,
            ],
            in: workspace.folder)
    }

    @Test func `names resolve and the world answers, the host's loopback does not`() throws {
        let service = WebServer { _, _ in WebServer.Reply("secret") }
        let workspace = try Workspace("slirp")
        let steps = """
            FROM base
            RUN cat /etc/resolv.conf >/resolver; ip -o addr show tap0 >/addresses
            RUN wget -qO /release http://deb.debian.org/debian/dists/bookworm/Release
            RUN for host in 127.0.0.1 10.0.2.2 10.0.2.3; do wget -T 3 -qO - http://$host:\(service.port)/ >>/leaked; done; true
            """
        let outcome = try build(workspace, steps, without: ["pasta"])
        try #require(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(!outcome.errors.contains("host's network"))
        #expect(try workspace.run("cat", "out/resolver").output.contains("nameserver 10.0.2.3\n"))
        #expect(try workspace.run("cat", "out/addresses").output.contains("inet 10.0.2.100/24"))
        #expect(try workspace.run("cat", "out/release").output.contains("Codename: bookworm"))
        #expect(try workspace.run("cat", "out/leaked").output == "")
        #expect(service.requests.isEmpty)
    }

    @Test func `with neither program the host's network is used, and both are named`() throws {
        let workspace = try Workspace("no-stack")
        let outcome = try build(workspace, "FROM base\nRUN true", without: ["pasta", "slirp4netns"])
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("host's network"), "\(outcome.errors)")
        #expect(outcome.errors.contains("passt") && outcome.errors.contains("slirp4netns"), "\(outcome.errors)")
    }
}
