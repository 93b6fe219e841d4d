import Foundation
import TestSupport
import Testing

/// Steps that take what they can get, beside images that want no more than to be built.
@Suite(.serialized) struct LimitTests {
    private static let neighbours = ["first", "second", "third"]

    private func write(_ attacks: [LimitAttack], to workspace: Workspace) throws {
        let base = try String(contentsOfFile: workspace.path("base/Dockerfile"), encoding: .utf8)
        try workspace.write("base/Dockerfile", base + "ENV PATH=/bin\n")
        var manifest = "version: 1\ndefaults: {network: host}\nimages:\n  base: base\n"
        for attack in attacks {
            try workspace.write("\(attack.name)/Dockerfile", "FROM base\n\(attack.dockerfile)\n")
            try workspace.write("\(attack.name)/large", String(repeating: "0123456789abcdef", count: 100_000))
            manifest += "  \(attack.name): {context: \(attack.name), limits: \(attack.limits)}\n"
        }
        for name in Self.neighbours {
            try workspace.write("\(name)/Dockerfile", "FROM base\nRUN echo \(name) >/name\nRUN sleep 1; cat /name\n")
            manifest += "  \(name): {context: \(name), outputs: [{rootfs: out/\(name)}]}\n"
        }
        try workspace.write("batch.yaml", manifest)
    }

    @Test(arguments: Rungs.usable, [4])
    func `each is ended by its limit, nothing of it is left, and the others are built`(rung: String, jobs: Int) throws {
        let folder = try FaultWorkspace("limits")
        let attacks = LimitAttack.all(for: rung)
        try write(attacks, to: folder.workspace)
        let outcome = try folder.run("batch.yaml", "--json", "--isolation", rung, "-j", "\(jobs)")
        let document = try JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8))
        let images = Dictionary(document.images.map { ($0.image, $0) }, uniquingKeysWith: { first, _ in first })
        for attack in attacks {
            let error = try #require(images[attack.name]?.error, "\(attack.name) was built")
            #expect(
                attack.failureClass == "*" || error.class == attack.failureClass, "\(attack.name): \(error.message)")
            #expect(error.message.contains(attack.message), "\(attack.name): \(error.message)")
        }
        for name in Self.neighbours {
            #expect(images[name]?.status == "built", "\(images[name]?.error?.message ?? "")")
            let text = try String(contentsOfFile: folder.workspace.path("out/\(name)/name"), encoding: .utf8)
            #expect(text == "\(name)\n")
        }
        #expect(try folder.leftovers(after: 30) == [])
        #expect(try folder.temporaryFiles() == [])
    }

    /// Of the machine's root the kernel counts no processes.
    @Test(.enabled(if: Rungs.usable.contains("rootns"), "needs root"), arguments: ["rootns", "shifted"])
    func `a fork bomb is over without a control group, and the others are built`(rung: String) throws {
        let folder = try FaultWorkspace("bomb")
        let attack = try #require(LimitAttack.all(for: rung).first { $0.name == "forks" })
        try write([attack], to: folder.workspace)
        let outcome = try folder.runWithoutControlGroups("batch.yaml", "--json", "--isolation", rung)
        let document = try JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8))
        let error = try #require(document.images.first { $0.image == attack.name }?.error, "it was built")
        #expect(error.message.contains(rung == "rootns" ? "limits.pids" : attack.message), "\(error.message)")
        #expect(document.images.count { $0.status == "built" } == 1 + Self.neighbours.count, "\(outcome.output)")
        #expect(try folder.leftovers(after: 30) == [])
    }

    @Test func `an image within its limits is built as without them`() throws {
        let folder = try FaultWorkspace("within")
        try folder.writeBatch(
            ["a": "RUN head -c 100000 /dev/zero >/file && ln /file /again && truncate -s 50M /hole"],
            options: ["a": "limits: {cpus: 1.5, memory: 1GiB, pids: 500, disk: 1MB, timeout: 10m, idle: 5m}"])
        let outcome = try folder.run("batch.yaml", "--json")
        #expect(outcome.exitCode == 0, "\(outcome.output)")
    }
}
