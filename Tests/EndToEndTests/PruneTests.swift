import Foundation
import Synchronization
import TestSupport
import Testing

/// What prune removes is built or fetched again, and nothing else changes.
@Suite(.serialized) struct PruneTests {
    struct Document: Decodable {
        struct Row: Decodable {
            let name: String
            let items: Int
            let sizeInBytes: Int64
            let removedItems: Int
            let removedBytes: Int64
            let itemsInUse: Int
        }

        let isDryRun: Bool
        let classes: [Row]
        let removedBytes: Int64
    }

    private func prune(_ folder: FaultWorkspace, _ arguments: String...) throws -> Document {
        let outcome = try Program.run(
            [folder.workspace.path("bin/build-all"), "prune", "--json", "--state", folder.workspace.state] + arguments,
            in: folder.workspace.folder)
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        return try JSONDecoder().decode(Document.self, from: Data(outcome.output.utf8))
    }

    /// An image on `base` with owners of all kinds, a cache mount and a child.
    private func prepared(_ name: String) throws -> FaultWorkspace {
        let folder = try FaultWorkspace(name)
        try folder.writeBatch(
            [
                "app": """
                RUN --mount=type=cache,target=/c mkdir -m 700 /d && echo hi > /d/f && chown -R 33:44 /d && echo x > /c/x
                COPY --from=base /bin/busybox /copy
                """,
                "child": "RUN echo child > /child",
            ], options: ["app": "outputs: [{oci: out}]"])
        return folder
    }

    private func digest(_ folder: FaultWorkspace) throws -> String {
        let outcome = try folder.run("batch.yaml", "--json")
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        let images = try JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8)).images
        return try #require(images.first { $0.image == "app" }?.digest)
    }

    private static let choices: [String] = [
        "layers", "blobs", "steps", "mounts", "contexts", "layers,blobs", "blobs,steps", "layers,steps,mounts",
        "layers,blobs,steps,mounts,contexts,logs",
    ]

    @Test func `after any prune the next build is right, and the layout that was written stays`()
        throws
    {
        let folder = try prepared("prune")
        _ = try digest(folder)
        for choice in Self.choices {
            let before = try digest(folder)
            let report = try prune(folder, "--class", choice)
            #expect(report.classes.map(\.name).sorted() == choice.split(separator: ",").map(String.init).sorted())
            for row in report.classes { #expect(row.removedItems == row.items, "\(choice): \(row)") }
            #expect(try folder.temporaryFiles() == [], "\(choice)")
            let run = try folder.run("batch.yaml", "--json")
            #expect(run.exitCode == 0, "\(choice): \(run.errors)")
            let after = try #require(
                JSONDecoder().decode(RunDocument.self, from: Data(run.output.utf8)).images.first { $0.image == "app" })
            // What ran again is dated anew.
            if !choice.contains("blobs"), !choice.contains("steps") { #expect(after.digest == before, "\(choice)") }
            #expect(try folder.damagedBlobs() == [])
            try folder.workspace.run("umoci", "unpack", "--rootless", "--image", "out:latest", "files")
            #expect(try folder.workspace.run("cat", "files/rootfs/d/f").output == "hi\n", "\(choice)")
            try folder.workspace.run("rm", "-rf", "files")
        }
    }

    @Test func `a dry run frees nothing and says what each class would`() throws {
        let folder = try prepared("prune-dry")
        _ = try digest(folder)
        let dry = try prune(folder, "--dry-run")
        #expect(dry.isDryRun)
        #expect(dry.classes.map(\.name) == ["layers", "blobs", "steps", "mounts", "contexts"])
        #expect(dry.classes.allSatisfy { $0.removedBytes <= $0.sizeInBytes })
        #expect(dry.removedBytes > 0)
        #expect(try prune(folder, "--dry-run").removedBytes == dry.removedBytes)
        let real = try prune(folder)
        #expect(real.classes.map(\.removedItems) == dry.classes.map(\.removedItems))
        #expect(try folder.workspace.run("ls", "state/layers").output == "")
        #expect(try folder.workspace.run("ls", "state/logs").lines.count == 1, "logs go by age")
    }

    @Test(arguments: [
        (["--class", "images"], "layers, blobs, steps, mounts, contexts, logs"),
        (["--keep", "much"], "a size is needed"),
        (["--older-than", "soon"], "no duration"), (["--class", "logs", "--keep", "1GiB"], "--older-than"),
    ])
    func `what cannot be understood removes nothing`(arguments: [String], error: String) throws {
        let workspace = try Workspace("prune-usage")
        let outcome = try Program.run(
            [Program.buildAll, "prune", "--state", workspace.state] + arguments, in: workspace.folder)
        #expect(outcome.exitCode == 2)
        #expect(outcome.errors.contains(error), "\(outcome.errors)")
    }

    @Test func `a log that was pruned is called so, and what the ledger knows stays`() throws {
        let folder = try prepared("prune-logs")
        _ = try digest(folder)
        let rows = try folder.ledger("SELECT count(*) FROM builds")
        #expect(try prune(folder, "--class", "logs", "--older-than", "1h").classes[0].removedItems == 0)
        #expect(try prune(folder, "--class", "logs").classes[0].removedItems == 3)
        let logs = try folder.run("history", "logs", "app")
        #expect(logs.exitCode == 2)
        #expect(logs.errors.contains("was pruned"), "\(logs.errors)")
        #expect(try folder.run("history", "show", "app").exitCode == 0)
        #expect(try folder.ledger("SELECT count(*) FROM builds") == rows)
    }

    @Test func `retain keeps logs of failures longer, and says in one line what went`() throws {
        let folder = try prepared("prune-retain")
        try folder.writeBatch(["app": "RUN true", "bad": "RUN false"])
        #expect(try folder.run("batch.yaml").exitCode == 1)
        try folder.workspace.run(
            "find", "state/logs", "-name", "*.log", "-exec", "touch", "-d", "40 days ago", "{}", "+")
        let manifest = try String(contentsOfFile: folder.workspace.path("batch.yaml"), encoding: .utf8)
        try folder.workspace.write("batch.yaml", manifest + "retain: {logs: 30d, failed-logs: 90d}\n")
        let run = try folder.run("batch.yaml", "base", "app")
        #expect(run.exitCode == 0, "\(run.errors)")
        #expect(run.errors.contains("pruned 2 logs"), "\(run.errors)")
        let left = try folder.workspace.run("find", "state/logs", "-name", "*.log", "-mtime", "+30").lines
        #expect(left.count == 1 && left[0].hasSuffix("bad.log"), "\(left)")
        #expect(try !folder.run("batch.yaml", "base", "app").errors.contains("pruned"))
    }

    @Test func `retain removes nothing that its run used, and says so`() throws {
        let folder = try prepared("prune-retain-store")
        let first = try folder.workspace.run("cat", "batch.yaml").output
        try folder.workspace.write("batch.yaml", first + "retain: {store: 1kB}\n")
        let run = try folder.run("batch.yaml")
        #expect(run.exitCode == 0, "\(run.errors)")
        #expect(run.errors.contains("more than retain.store"), "\(run.errors)")
        let next = try folder.run("batch.yaml", "--json")
        let images = try JSONDecoder().decode(RunDocument.self, from: Data(next.output.utf8)).images
        #expect(images.allSatisfy { $0.cachedSteps == $0.steps })
    }

    @Test(.enabled(if: getuid() == 0, "a small tmpfs is mounted"))
    func `a full disk can be pruned`() throws {
        let folder = try FaultWorkspace("prune-full")
        try folder.writeBatch(["app": "RUN echo x > /x"])
        let workspace = folder.workspace
        try workspace.run("mkdir", "state")
        try workspace.run("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", workspace.state)
        defer {
            do {
                try workspace.run("umount", "--lazy", workspace.state)
            } catch {
                Issue.record(error)
            }
        }
        #expect(try folder.run("batch.yaml").exitCode == 0)
        _ = try Program.run(["dd", "if=/dev/zero", "of=state/filler", "bs=64k"], in: workspace.folder)
        #expect(try prune(folder).classes.reduce(0) { $0 + $1.removedItems } > 5)
        #expect(try folder.temporaryFiles() == [])
        try workspace.run("rm", "state/filler")
        #expect(try folder.run("batch.yaml").exitCode == 0)
    }

    // MARK: - Both at once

    private final class Flag: Sendable {
        let value = Atomic(false)
    }

    /// What was used within ten minutes before a run began counts as used by it. With a later time of beginning that is
    /// no minute at all.
    private func dropSlack(_ folder: FaultWorkspace, _ process: ChildProcess) throws {
        let lock = folder.workspace.path("state/lock")
        for _ in 0..<1000 {
            let holder = (try? String(contentsOfFile: lock, encoding: .utf8)) ?? ""
            if holder.trimmingCharacters(in: .whitespacesAndNewlines) == "\(process.pid)" { break }
            usleep(1000)
        }
        let attributes = try FileManager.default.attributesOfItem(atPath: lock)
        let began = try #require(attributes[.modificationDate] as? Date)
        try FileManager.default.setAttributes(
            [.modificationDate: began.addingTimeInterval(600)], ofItemAtPath: lock)
    }

    private func writeSlow(_ folder: FaultWorkspace, round: Int) throws {
        try folder.writeBatch(
            [
                "one":
                    "ARG round\nRUN echo $round > /round; sleep 0.4\nRUN cat /round > /again; sleep 0.4\nCOPY --from=base /bin /b",
                "two": "ARG round\nRUN sleep 0.2; echo $round > /round\nRUN cp -r /bin /b2; sleep 0.6\nRUN cat /round",
            ],
            options: [
                "one": "args: {round: \"\(round)\"}, outputs: [{oci: out/one}]",
                "two": "args: {round: \"\(round)\"}, outputs: [{oci: out/two}]",
            ])
    }

    @Test func `prune --keep 0 again and again while a run builds takes nothing from it`()
        throws
    {
        let folder = try FaultWorkspace("prune-run")
        for round in 0..<3 {
            try writeSlow(folder, round: round)
            let process = try folder.start("batch.yaml", "--progress", "none", "-j", "3")
            try dropSlack(folder, process)
            let hasEnded = Flag()
            Thread.detachNewThread {
                process.wait()
                hasEnded.value.store(true, ordering: .sequentiallyConsistent)
            }
            var removed = 0
            while !hasEnded.value.load(ordering: .sequentiallyConsistent) {
                removed += try prune(folder, "--keep", "0").classes.reduce(0) { $0 + $1.removedItems }
            }
            #expect(process.wait() == 0, "round \(round): \(folder.errors)")
            // What the round before left and this one does not use.
            if round > 0 { #expect(removed > 4) }
            for image in ["one", "two"] {
                try folder.workspace.run("umoci", "unpack", "--rootless", "--image", "out/\(image):latest", "files")
                #expect(try folder.workspace.run("cat", "files/rootfs/round").output == "\(round)\n")
                try folder.workspace.run("rm", "-rf", "files")
            }
        }
    }

    @Test func `whichever of the two is killed, the state builds afterwards`() throws {
        let folder = try FaultWorkspace("prune-kill")
        var generator = SeededGenerator(seed: 20_261_122)
        for round in 0..<16 {
            try writeSlow(folder, round: round)
            let build = try folder.start("batch.yaml", "--progress", "none", "-j", "3")
            usleep(UInt32.random(in: 0...900_000, using: &generator))
            let prune = try Program.start(
                [folder.workspace.path("bin/build-all"), "prune", "--state", folder.workspace.state],
                in: folder.workspace.folder)
            usleep(UInt32.random(in: 0...60_000, using: &generator))
            (round % 2 == 0 ? build : prune).send(SIGKILL)
            _ = prune.wait()
            let status = build.wait()
            if round % 2 == 1 { #expect(status == 0, "round \(round): \(folder.errors)") }
            #expect(try folder.leftovers(after: 2) == [])
            if round % 4 == 0 {
                let next = try folder.run("batch.yaml", "--progress", "none")
                #expect(next.exitCode == 0, "round \(round): \(next.errors)")
                #expect(try folder.damagedBlobs() == [])
                #expect(try folder.temporaryFiles() == [])
            }
        }
    }
}
