import Foundation
import Testing

/// What goes wrong at night: killed processes, full disks, two runs at once.
@Suite(.serialized) struct FaultTests {
    /// A workspace with programs of its own, so that its processes can be told from those of other tests.
    private func prepared(_ name: String) throws -> Workspace {
        let workspace = try Workspace(name)
        try workspace.run("mkdir", "bin")
        for program in ["build-all", "build-all-executor"] {
            try workspace.run("cp", Program.folder.appending(path: program).path, workspace.path("bin/\(program)"))
        }
        try workspace.writeBusybox("base")
        try workspace.write("base/Dockerfile", Workspace.busyboxDockerfile)
        return workspace
    }

    private func command(_ workspace: Workspace, _ arguments: String...) -> [String] {
        [workspace.path("bin/build-all")] + arguments + ["--state", workspace.state]
    }

    private func start(_ workspace: Workspace, _ arguments: String...) throws -> Process {
        let errors = workspace.folder.appending(path: "errors")
        try Data().write(to: errors)
        return try Program.start(
            [workspace.path("bin/build-all")] + arguments + ["--state", workspace.state], in: workspace.folder,
            output: FileHandle.nullDevice, errors: FileHandle(forWritingTo: errors))
    }

    /// Processes and mounts that belong to the workspace.
    private func leftovers(_ workspace: Workspace) throws -> [String] {
        var found: [String] = []
        for entry in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int(entry) != nil {
            var buffer = [CChar](repeating: 0, count: 4096)
            let count = readlink("/proc/\(entry)/exe", &buffer, buffer.count - 1)
            guard count > 0 else { continue }
            let program = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if program.contains(workspace.folder.path) { found.append("process \(entry): \(program)") }
        }
        let mounts = try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
        found += mounts.split(separator: "\n").filter { $0.contains(workspace.folder.path) }.map(String.init)
        return found
    }

    /// Waits at most `seconds` for everything to be gone.
    private func waitForSilence(_ workspace: Workspace, seconds: Double) throws -> [String] {
        let end = Date.now.addingTimeInterval(seconds)
        while Date.now < end {
            if try leftovers(workspace).isEmpty { return [] }
            usleep(10_000)
        }
        return try leftovers(workspace)
    }

    /// Every blob has the digest it is named by.
    private func damagedBlobs(_ workspace: Workspace) throws -> [String] {
        try workspace.run(
            "sh", "-c",
            "cd state/blobs/sha256 && for f in *; do [ \"$(sha256sum < $f | cut -c 1-64)\" = $f ] || echo $f; done"
        ).lines
    }

    @Test func `killed at any moment, the next run goes on and the images are right`() throws {
        let workspace = try prepared("kill")
        for name in ["a", "b", "c"] {
            try workspace.write(
                "\(name)/Dockerfile",
                """
                FROM base
                ARG round
                RUN echo $round > /round
                COPY data /data
                RUN cat /data > /copied; dd if=/dev/zero of=/zeros bs=64k count=64 2>/dev/null; sleep 0.05
                RUN rm /zeros && echo done > /done

                """)
            try workspace.write("\(name)/data", String(repeating: "data of \(name)\n", count: 1000))
        }
        func manifest(round: Int) throws {
            var text = "version: 1\nimages:\n  base: base\n"
            for name in ["a", "b", "c"] {
                text += "  \(name): {context: \(name), args: {round: \"\(round)\"}, outputs: [{oci: out/\(name)}]}\n"
            }
            try workspace.write("batch.yaml", text)
        }
        var generator = SeededGenerator(seed: 20_261_121)
        for round in 0..<50 {
            try manifest(round: round)
            let process = try start(workspace, "batch.yaml", "-j", "3", "--progress", "none")
            usleep(UInt32.random(in: 0...700_000, using: &generator))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            let left = try waitForSilence(workspace, seconds: 2)
            #expect(left == [], "round \(round)")
        }
        try manifest(round: 50)
        let last = try Program.run(command(workspace, "batch.yaml", "--progress", "none"), in: workspace.folder)
        #expect(last.exitCode == 0, "\(last.errors)")
        #expect(try damagedBlobs(workspace) == [])
        let ledger = workspace.path("state/ledger.sqlite")
        #expect(try workspace.run("sqlite3", ledger, "PRAGMA integrity_check").output == "ok\n")
        let open = "SELECT count(*) FROM runs WHERE id NOT IN (SELECT run FROM run_ends)"
        #expect(try workspace.run("sqlite3", ledger, open).output == "0\n")
        #expect(try workspace.run("ls", "-A", "state/tmp").output == "")
        for name in ["a", "b", "c"] {
            try workspace.run("umoci", "unpack", "--rootless", "--image", "out/\(name):latest", "files-\(name)")
            #expect(try workspace.run("cat", "files-\(name)/rootfs/round").output == "50\n")
            try workspace.run("cmp", "\(name)/data", "files-\(name)/rootfs/copied")
        }
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `a signal ends everything within two seconds, and a second run goes on cleanly`(signal: Int32) throws {
        let workspace = try prepared("signal")
        try workspace.write("slow/Dockerfile", "FROM base\nRUN trap '' TERM INT; setsid sleep 600 & sleep 600\n")
        try workspace.write("batch.yaml", "version: 1\nimages:\n  base: base\n  slow: slow\n")
        let process = try start(workspace, "batch.yaml", "--progress", "plain")
        try waitForStep(workspace, containing: "sleep 600")
        let start = Date.now
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
        #expect(try waitForSilence(workspace, seconds: 2) == [])
        #expect(Date.now.timeIntervalSince(start) < 2.5)
        #expect(process.terminationStatus == 128 + signal)
        #expect(try workspace.run("ls", "-A", "state/tmp").output == "")
        try workspace.write("slow/Dockerfile", "FROM base\nRUN echo quick\n")
        let second = try Program.run(command(workspace, "batch.yaml"), in: workspace.folder)
        #expect(second.exitCode == 0, "\(second.errors)")
    }

    /// Waits until a step's processes run.
    private func waitForStep(_ workspace: Workspace, containing text: String) throws {
        for _ in 0..<1000 {
            for entry in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int(entry) != nil {
                let line = FileManager.default.contents(atPath: "/proc/\(entry)/cmdline") ?? Data()
                let words = String(decoding: line, as: UTF8.self).replacingOccurrences(of: "\0", with: " ")
                if words.hasPrefix(text) || words.hasPrefix("/bin/\(text)") { return }
            }
            usleep(10_000)
        }
        try #require(
            Bool(false),
            "the step did not start: \(String(describing: FileManager.default.contents(atPath: workspace.path("errors")).map { String(decoding: $0, as: UTF8.self) }))"
        )
    }

    @Test func `an executor that is killed is a failure of its image alone`() throws {
        let workspace = try prepared("executor")
        try workspace.write("victim/Dockerfile", "FROM base\nRUN sleep 601\n")
        try workspace.write("other/Dockerfile", "FROM base\nRUN echo fine\n")
        try workspace.write("batch.yaml", "version: 1\nimages:\n  base: base\n  victim: victim\n  other: other\n")
        let process = try start(workspace, "batch.yaml", "--progress", "plain", "-j", "2")
        try waitForStep(workspace, containing: "sleep 601")
        let executors = try leftovers(workspace).filter { $0.contains("build-all-executor") }
            .compactMap { Int32($0.dropFirst("process ".count).prefix { $0.isNumber }) }
        kill(try #require(executors.min()), SIGKILL)
        process.waitUntilExit()
        #expect(process.terminationStatus == 1)
        #expect(try waitForSilence(workspace, seconds: 2) == [])
        let rows = try workspace.run(
            "sqlite3", workspace.path("state/ledger.sqlite"), "SELECT image, status FROM builds ORDER BY image"
        ).lines
        #expect(rows == ["base|built", "other|built", "victim|failed"])
    }

    @Test func `a second run is refused with exit code 6, or waits`() throws {
        let workspace = try prepared("lock")
        try workspace.write("slow/Dockerfile", "FROM base\nRUN sleep 3.5\n")
        try workspace.write("batch.yaml", "version: 1\nimages:\n  base: base\n  slow: slow\n")
        let first = try start(workspace, "batch.yaml", "--progress", "none")
        try waitForStep(workspace, containing: "sleep 3.5")
        let second = try Program.run(command(workspace, "batch.yaml"), in: workspace.folder)
        #expect(second.exitCode == 6)
        #expect(second.errors.contains("\(first.processIdentifier)"))
        let third = try Program.run(command(workspace, "batch.yaml", "--wait"), in: workspace.folder)
        #expect(third.exitCode == 0, "\(third.errors)")
        first.waitUntilExit()
        #expect(first.terminationStatus == 0)
    }

    @Test(.enabled(if: getuid() == 0, "a small tmpfs is mounted"))
    func `a full disk is a clear error, and nothing is damaged`() throws {
        let workspace = try prepared("full")
        try workspace.write("big/Dockerfile", "FROM base\nRUN dd if=/dev/urandom of=/big bs=1M count=64\n")
        try workspace.write("batch.yaml", "version: 1\nimages:\n  base: base\n  big: big\n")
        try workspace.run("mkdir", "state")
        try workspace.run("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", workspace.state)
        defer {
            do {
                try workspace.run("umount", workspace.state)
            } catch {
                Issue.record(error)
            }
        }
        let full = try Program.run(command(workspace, "batch.yaml"), in: workspace.folder)
        #expect(full.exitCode == 1)
        #expect(full.errors.contains("No space left on device"))
        #expect(try damagedBlobs(workspace) == [])
        try workspace.run("mount", "-o", "remount,size=512m", workspace.state)
        let again = try Program.run(command(workspace, "batch.yaml"), in: workspace.folder)
        #expect(again.exitCode == 0, "\(again.errors)")
    }

    @Test func `timeouts end an image and everything it started`() throws {
        let workspace = try prepared("timeout")
        try workspace.write("wall/Dockerfile", "FROM base\nRUN while :; do echo busy; sleep 0.1; done\n")
        try workspace.write("idle/Dockerfile", "FROM base\nRUN trap '' TERM; sleep 602 & sleep 602\n")
        try workspace.write(
            "batch.yaml",
            """
            version: 1
            images:
              base: base
              wall: {context: wall, limits: {timeout: 2s}}
              idle: {context: idle, limits: {idle: 2s}}

            """)
        let outcome = try Program.run(command(workspace, "batch.yaml", "--json", "-j", "2"), in: workspace.folder)
        #expect(outcome.exitCode == 1)
        #expect(outcome.output.components(separatedBy: #""timed-out""#).count == 3, "\(outcome.output)")
        #expect(try waitForSilence(workspace, seconds: 2) == [])
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
