import Foundation
import TestSupport
import Testing

/// The scheduler is killed at any moment, which nothing can answer; what matters is what is left and what comes next.
@Suite(.serialized) struct KillTests {
    private static let images = ["a", "b", "c"]

    /// Three images on one base; `round` makes their steps new.
    private func write(_ folder: FaultWorkspace, round: Int) throws {
        var manifest = "version: 1\nimages:\n  base: base\n"
        for name in Self.images {
            try folder.workspace.write("\(name)/data", String(repeating: "data of \(name)\n", count: 1000))
            try folder.workspace.write(
                "\(name)/Dockerfile",
                """
                FROM base
                ARG round
                RUN echo $round > /round
                COPY data /data
                RUN cat /data > /copied; dd if=/dev/zero of=/zeros bs=64k count=64 2>/dev/null; sleep 0.05
                RUN rm /zeros && echo done > /done

                """)
            manifest +=
                "  \(name): {context: \(name), args: {round: \"\(round)\"}, outputs: [{oci: out/\(name)}],"
                + " limits: {memory: 512MiB, pids: 100}}\n"
        }
        try folder.workspace.write("batch.yaml", manifest)
    }

    private func expectRightImages(_ folder: FaultWorkspace, round: Int) throws {
        #expect(try folder.damagedBlobs() == [])
        #expect(try folder.temporaryFiles() == [])
        #expect(try folder.ledger("PRAGMA integrity_check; PRAGMA foreign_key_check") == ["ok"])
        #expect(try folder.ledger("SELECT count(*) FROM runs WHERE id NOT IN (SELECT run FROM run_ends)") == ["0"])
        #expect(
            try folder.ledger("SELECT count(*) FROM build_starts WHERE id NOT IN (SELECT id FROM builds)") == ["0"])
        let workspace = folder.workspace
        for name in Self.images {
            let files = workspace.path("files-\(name)-\(round)")
            try workspace.run("umoci", "unpack", "--rootless", "--image", "out/\(name):latest", files)
            #expect(try workspace.run("cat", "\(files)/rootfs/round").output == "\(round)\n")
            #expect(try workspace.run("cat", "\(files)/rootfs/done").output == "done\n")
            #expect(!FileManager.default.fileExists(atPath: "\(files)/rootfs/zeros"))
            for file in ["data", "copied"] {
                try workspace.run("cmp", "\(name)/data", "\(files)/rootfs/\(file)")
            }
            try workspace.run("rm", "-rf", files)
        }
    }

    @Test func `killed at any of 50 moments, nothing stays behind, and the next run goes on to right images`() throws {
        let folder = try FaultWorkspace("kill")
        try write(folder, round: 0)
        #expect(try folder.run("batch.yaml", "-j", "3").exitCode == 0)
        // How long a run takes whose base is there.
        try write(folder, round: 1)
        let start = Date.now
        #expect(try folder.run("batch.yaml", "-j", "3").exitCode == 0)
        let length = Date.now.timeIntervalSince(start)
        var generator = SeededGenerator(seed: 20_261_121)
        var killed: Set<pid_t> = []
        for round in 2..<52 {
            try write(folder, round: round)
            let process = try folder.start("batch.yaml", "-j", "3", "--progress", "none")
            usleep(UInt32(Double.random(in: 0...length, using: &generator) * 1e6))
            process.send(SIGKILL)
            if process.wait() == 128 + SIGKILL { killed.insert(process.pid) }
            let left = try folder.leftovers(after: 2)
            #expect(left == [], "round \(round)")
            guard round % 7 == 0 else { continue }
            let next = try folder.run("batch.yaml", "--progress", "none")
            #expect(next.exitCode == 0, "round \(round): \(next.errors)")
            try expectRightImages(folder, round: round)
        }
        try write(folder, round: 52)
        let last = try folder.run("batch.yaml", "--progress", "none")
        #expect(last.exitCode == 0, "\(last.errors)")
        try expectRightImages(folder, round: 52)
        #expect(killed.count > 35, "most runs must have been killed before their end")
        let interrupted = try folder.ledger("SELECT count(*) FROM run_ends WHERE exit = -1")
        #expect(try #require(Int(interrupted[0])) > 20)
        #expect(try folder.ledger("SELECT count(*) > 20 FROM builds WHERE status = 'interrupted'") == ["1"])
        #expect(try controlGroups(of: killed) == [])
    }

    /// Control groups of schedulers that are gone; they carry the pid of their maker.
    private func controlGroups(of pids: Set<pid_t>) throws -> [String] {
        let found = try Program.run(
            ["find", "/sys/fs/cgroup", "-type", "d", "-name", "build-all-*"], in: URL(filePath: "/"))
        return found.lines.filter { path in
            let name = path.split(separator: "/").last?.dropFirst("build-all-".count) ?? ""
            return pids.contains { name.hasPrefix("\($0)-") }
        }
    }
}

/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
