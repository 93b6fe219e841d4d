import Foundation
import TestSupport
import Testing

/// Ctrl-C while images are fetched, unpacked and sent, each in the middle of it.
@Suite(.serialized) struct InterruptionTests {
    /// A batch of `app`, built on an image of the registry that has so many files, and to be pushed with a large one.
    private func prepared(_ registry: TestRegistry, files: Int = 10) throws -> FaultWorkspace {
        let folder = try FaultWorkspace("interrupted")
        let workspace = folder.workspace
        try workspace.write(
            "many/Dockerfile",
            Workspace.busyboxDockerfile
                + "RUN mkdir /many && cd /many && seq 10000 \(9999 + files) | xargs touch\n")
        try workspace.run("cp", "base/busybox", "many/busybox")
        try workspace.write(
            "many.yaml", "version: 1\nimages: {many: {context: many, tags: ['\(registry.host)/p/many:1']}}\n")
        let pushed = try Program.run(
            [workspace.path("bin/build-all"), "many.yaml", "--state", workspace.path("other")], in: workspace.folder)
        try #require(pushed.exitCode == 0, "\(pushed.errors)")
        registry.forgetRequests()
        try workspace.write(
            "app/Dockerfile",
            "FROM \(registry.host)/p/many:1\nENV WORKSPACE=\(workspace.folder.path)\n"
                + "RUN dd if=/dev/urandom of=/large bs=1M count=24 2>/dev/null\n")
        try workspace.write(
            "batch.yaml", "version: 1\nimages: {app: {context: app, tags: ['\(registry.host)/p/app:1']}}\n")
        return folder
    }

    /// The digests of the layers of an image of the registry.
    private func layers(_ registry: TestRegistry, _ repository: String) throws -> [String] {
        let manifest = try #require(registry.manifest(repository, "1"))
        let content = try #require(JSONSerialization.jsonObject(with: Data(manifest)) as? [String: Any])
        return try #require(content["layers"] as? [[String: Any]]).compactMap { $0["digest"] as? String }
    }

    private func wait(_ process: ChildProcess, _ folder: FaultWorkspace, until isSo: () throws -> Bool) throws {
        for _ in 0..<6000 {
            if try isSo() { return }
            usleep(5000)
        }
        process.send(SIGKILL)
        throw Tool.Failure(command: "build-all", text: "it did not come to that: \(folder.errors)")
    }

    /// Interrupts the run; it ends at once, and nothing of it is left. `released` is called after the signal.
    private func interrupt(_ process: ChildProcess, _ folder: FaultWorkspace, released: () -> Void = {}) throws {
        let start = Date.now
        process.send(SIGINT)
        released()
        #expect(process.wait() == 130, "\(folder.errors)")
        #expect(Date.now.timeIntervalSince(start) < soon)
        #expect(try folder.leftovers(after: 0.1) == [])
        #expect(try folder.temporaryFiles() == [])
        #expect(try folder.ledger("SELECT image, status FROM builds") == ["app|cancelled"])
        #expect(try folder.ledger("SELECT exit FROM run_ends") == ["130"])
        #expect(try folder.damagedBlobs() == [])
    }

    /// The next run makes the image, and it is whole.
    private func expectNextWorks(_ folder: FaultWorkspace, _ registry: TestRegistry, files: Int = 10) throws {
        registry.removeFaults()
        let next = try folder.run("batch.yaml")
        #expect(next.exitCode == 0, "\(next.errors)")
        #expect(try folder.damagedBlobs() == [])
        #expect(try folder.temporaryFiles() == [])
        for digest in try layers(registry, "p/app") { #expect(registry.hasBlob("p/app", digest)) }
        try folder.workspace.run(
            "skopeo", "copy", "--src-tls-verify=false", "docker://\(registry.host)/p/app:1", "oci:whole:1")
        try folder.workspace.run("umoci", "unpack", "--rootless", "--image", "whole:1", "files")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.workspace.path("files/rootfs/many"))
        #expect(names.count == files)
    }

    @Test func `in the middle of a layer that comes`() throws {
        let registry = TestRegistry()
        let folder = try prepared(registry)
        let layer = try layers(registry, "p/many")[0]
        registry.inject(.stall(after: 200_000), path: "/blobs/\(layer)", times: 1000)
        let process = try folder.start("batch.yaml", "--progress", "none")
        // Some of it is on the disk.
        try wait(process, folder) {
            try registry.count("GET", "/blobs/\(layer)") > 0
                && folder.workspace.run("find", "state/tmp", "state/blobs", "-type", "f", "-size", "+63k").output != ""
        }
        try interrupt(process, folder)
        try expectNextWorks(folder, registry)
    }

    @Test func `in the middle of a layer that is unpacked`() throws {
        let registry = TestRegistry()
        let files = 10_000
        let folder = try prepared(registry, files: files)
        let process = try folder.start("batch.yaml", "--progress", "none")
        func unpacked() -> Int {
            let tree = FileManager.default
            let folders = (try? tree.contentsOfDirectory(atPath: folder.workspace.path("state/tmp"))) ?? []
            return folders.reduce(0) { count, name in
                let path = folder.workspace.path("state/tmp/\(name)/many")
                return count + ((try? tree.contentsOfDirectory(atPath: path))?.count ?? 0)
            }
        }
        try wait(process, folder) { unpacked() > 0 }
        // Its executor goes on only when the scheduler has had the signal.
        let executors = try RunningProcess.all().filter {
            $0.program == folder.workspace.path("bin/build-all-executor")
        }
        try #require(!executors.isEmpty)
        for executor in executors { kill(executor.pid, SIGSTOP) }
        try #require((1..<files).contains(unpacked()), "it was too fast")
        try interrupt(process, folder) { for executor in executors { kill(executor.pid, SIGCONT) } }
        try expectNextWorks(folder, registry, files: files)
    }

    @Test func `in the middle of a layer that is sent`() throws {
        let registry = TestRegistry()
        let folder = try prepared(registry)
        for method in ["PUT", "PATCH"] {
            registry.inject(.stallRequest(after: 5_000_000), method: method, path: "/blobs/uploads/", times: 1000)
        }
        let process = try folder.start("batch.yaml", "--progress", "none")
        try wait(process, folder) { registry.requests.contains { $0.bodySize == 5_000_000 } }
        try interrupt(process, folder)
        #expect(registry.manifest("p/app", "1") == nil)
        try expectNextWorks(folder, registry)
    }
}
