import Foundation
import TestSupport
import Testing

/// What goes wrong at night: signals, killed executors, full disks, hanging steps, two runs at once.
@Suite(.serialized) struct FaultTests {
    @Test(arguments: [SIGINT, SIGTERM])
    func `a signal ends everything at once, and a second run goes on cleanly`(signal: Int32) throws {
        let folder = try FaultWorkspace("signal")
        try folder.writeBatch([
            "slow": "RUN trap '' TERM INT HUP; setsid sleep 600 & nohup sleep 600 & sleep 600", "next": "RUN sleep 600",
        ])
        let process = try folder.start("batch.yaml", "--progress", "plain", "-j", "2")
        try folder.waitForStep("sleep 600")
        let start = Date.now
        process.send(signal)
        #expect(process.wait() == 128 + signal, "\(folder.errors)")
        #expect(Date.now.timeIntervalSince(start) < soon)
        #expect(try folder.leftovers(after: 0.1) == [])
        #expect(try folder.temporaryFiles() == [])
        let statuses = try folder.ledger("SELECT image, status FROM builds ORDER BY image")
        #expect(statuses == ["base|built", "next|cancelled", "slow|cancelled"])
        #expect(try folder.ledger("SELECT exit FROM run_ends") == ["\(128 + signal)"])
        try folder.writeBatch(["slow": "RUN echo quick", "next": "RUN echo quick"])
        let second = try folder.run("batch.yaml")
        #expect(second.exitCode == 0, "\(second.errors)")
        #expect(try folder.damagedBlobs() == [])
    }

    /// How long it takes to end, in seconds.
    private func interrupt(_ folder: FaultWorkspace, isRepeated: Bool) throws -> Double {
        let process = try folder.start("batch.yaml", "--progress", "none")
        try folder.waitForStep("sleep 600")
        let start = Date.now
        process.send(SIGINT)
        usleep(200_000)
        if isRepeated { process.send(SIGINT) }
        #expect(process.wait() == 130, "\(folder.errors)")
        return Date.now.timeIntervalSince(start)
    }

    @Test func `a second Ctrl-C does not wait for steps that ignore the first`() throws {
        let folder = try FaultWorkspace("twice")
        try folder.writeBatch(["slow": "RUN trap '' TERM INT; sleep 600 & while :; do sleep 600; done"])
        // A step that ignores SIGTERM has a second before it is killed.
        let (one, two) = (try interrupt(folder, isRepeated: false), try interrupt(folder, isRepeated: true))
        #expect(two < one)
        #expect(try folder.leftovers(after: 0.1) == [])
        let statuses = try folder.ledger("SELECT DISTINCT status FROM builds WHERE image = 'slow'")
        #expect(statuses == ["cancelled"])
        try folder.writeBatch(["slow": "RUN echo quick"])
        #expect(try folder.run("batch.yaml").exitCode == 0)
        #expect(try folder.temporaryFiles() == [])
    }

    @Test func `an executor that is killed is a failure of its image alone`() throws {
        let folder = try FaultWorkspace("executor")
        try folder.writeBatch([
            "victim": "RUN sleep 600", "other": "RUN echo fine", "late": "RUN sleep 1; echo fine",
            "child": "RUN echo never",
        ])
        try folder.workspace.write("child/Dockerfile", "FROM victim\nRUN echo never\n")
        let process = try folder.start("batch.yaml", "--progress", "plain", "-j", "3")
        let step = try folder.waitForStep("sleep 600")
        let executor = try #require(step.child(of: process.pid))
        #expect(executor.program == folder.workspace.path("bin/build-all-executor"))
        kill(executor.pid, SIGKILL)
        #expect(process.wait() == 1)
        #expect(try folder.leftovers(after: 0.5) == [])
        let rows = try folder.ledger("SELECT image, status, ifnull(error_class, '') FROM builds ORDER BY image")
        #expect(
            rows == ["base|built|", "child|blocked|cancelled", "late|built|", "other|built|", "victim|failed|internal"])
        let message = try folder.ledger("SELECT error FROM builds WHERE image = 'victim'").joined(separator: "\n")
        #expect(message.contains("signal 9, SIGKILL"), "\(message)")
        #expect(folder.errors.contains("signal 9, SIGKILL"))
    }

    @Test func `a second run is refused with exit code 6, or waits`() throws {
        let folder = try FaultWorkspace("lock")
        try folder.writeBatch(["slow": "RUN sleep 3.5"])
        let first = try folder.start("batch.yaml", "--progress", "none")
        try folder.waitForStep("sleep 3.5")
        let second = try folder.run("batch.yaml")
        #expect(second.exitCode == 6)
        #expect(second.errors.contains("pid \(first.pid)"), "\(second.errors)")
        #expect(second.output == "")
        let third = try folder.run("batch.yaml", "--wait", "--json")
        #expect(third.exitCode == 0, "\(third.errors)")
        #expect(third.errors.contains("waiting for another run (pid \(first.pid))"))
        #expect(first.wait() == 0)
        let order =
            "SELECT r.exit, count(*) FROM run_ends r JOIN builds b ON b.run = r.run GROUP BY r.run ORDER BY r.at"
        #expect(try folder.ledger(order) == ["0|2", "0|2"])
        // The third one found everything done.
        #expect(third.output.components(separatedBy: #""fresh""#).count == 3, "\(third.output)")
    }

    @Test(.enabled(if: getuid() == 0, "a small tmpfs is mounted"))
    func `a full disk is a clear error, and nothing is damaged`() throws {
        let folder = try FaultWorkspace("full")
        try folder.writeBatch([
            "written": "RUN dd if=/dev/urandom of=/big bs=1M count=64", "copied": "COPY big /big",
            "small": "RUN echo small > /small",
        ])
        let workspace = folder.workspace
        try workspace.run("dd", "if=/dev/urandom", "of=copied/big", "bs=1M", "count=40")
        try workspace.run("mkdir", "state")
        try workspace.run("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", workspace.state)
        defer {
            do {
                try workspace.run("umount", "--lazy", workspace.state)
            } catch {
                Issue.record(error)
            }
        }
        let full = try folder.run("batch.yaml", "-j", "1", "--json")
        #expect(full.exitCode == 1, "\(full.errors)")
        let document = try JSONDecoder().decode(RunDocument.self, from: Data(full.output.utf8))
        for name in ["written", "copied"] {
            let image = try #require(document.images.first { $0.image == name })
            #expect(image.status == "failed")
            #expect(image.error?.message.contains("No space left on device") == true, "\(image)")
        }
        #expect(document.images.first { $0.image == "copied" }?.error?.class == "host")
        #expect(document.images.first { $0.image == "small" }?.status == "built")
        #expect(try folder.damagedBlobs() == [])
        #expect(try folder.ledger("PRAGMA integrity_check") == ["ok"])
        try workspace.run("mount", "-o", "remount,size=512m", workspace.state)
        let again = try folder.run("batch.yaml")
        #expect(again.exitCode == 0, "\(again.errors)")
        #expect(try folder.damagedBlobs() == [])
        #expect(try folder.temporaryFiles() == [])
    }

    @Test func `timeouts end an image and everything it started`() throws {
        let folder = try FaultWorkspace("timeout")
        try folder.writeBatch(
            [
                "wall": "RUN while :; do echo busy; sleep 0.1; done",
                "idle": "RUN trap '' TERM; setsid sleep 600 & sleep 600", "fine": "RUN sleep 0.5; echo fine",
            ],
            options: ["wall": "limits: {timeout: 2s}", "idle": "limits: {idle: 2s}", "fine": "limits: {timeout: 1m}"])
        let outcome = try folder.run("batch.yaml", "--json", "-j", "3")
        #expect(outcome.exitCode == 1, "\(outcome.errors)")
        #expect(try folder.leftovers(after: 0.5) == [])
        let document = try JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8))
        let found = Dictionary(uniqueKeysWithValues: document.images.map { ($0.image, $0) })
        #expect(
            found.mapValues(\.status) == ["base": "built", "wall": "timed-out", "idle": "timed-out", "fine": "built"])
        #expect(found["wall"]?.error?.message == "took longer than 2s (limits.timeout)")
        #expect(found["idle"]?.error?.message == "silent for 2s (limits.idle)")
        // 2 seconds and what a step that ignores SIGTERM gets.
        for name in ["wall", "idle"] { #expect(try #require(found[name]?.durationInSeconds) < soon) }
        #expect(try folder.temporaryFiles() == [])
    }
}
