import Foundation
import Testing

/// What is damaged on the disk.
@Suite(.serialized) struct DamageTests {
    @Test(.enabled(if: getuid() == 0, "a small tmpfs is mounted"))
    func `an output that has no room is its image's failure, and nothing half is left there`() throws {
        let folder = try FaultWorkspace("output")
        try folder.writeBatch(
            ["layout": "RUN true", "archive": "RUN true", "fine": "RUN true"],
            options: [
                "layout": "outputs: [{oci: small/layout}]", "archive": "outputs: [{oci-archive: small/a.tar}]",
                "fine": "outputs: [{oci: out}]",
            ])
        let workspace = folder.workspace
        try workspace.run("mkdir", "small")
        try workspace.run("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", workspace.path("small"))
        defer {
            do {
                try workspace.run("umount", "--lazy", workspace.path("small"))
            } catch {
                Issue.record(error)
            }
        }
        let outcome = try folder.run("batch.yaml", "--json")
        #expect(outcome.exitCode == 1, "\(outcome.errors)")
        let document = try JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8))
        for image in document.images {
            let isBroken = ["layout", "archive"].contains(image.image)
            #expect(image.status == (isBroken ? "failed" : "built"), "\(image)")
            #expect(image.error?.class == (isBroken ? "host" : nil))
            #expect(image.error?.message.contains("No space left on device") ?? !isBroken)
        }
        #expect(!FileManager.default.fileExists(atPath: workspace.path("small/a.tar")))
        #expect(!FileManager.default.fileExists(atPath: workspace.path("small/layout/index.json")))
        #expect(try workspace.run("find", "small", "-type", "f", "-size", "+100k").output == "")
    }

    @Test func `a layer that was cut short is made again`() throws {
        let folder = try FaultWorkspace("cut")
        try folder.writeBatch(
            ["app": "RUN seq 1 200000 > /numbers\nRUN cat /numbers | tail -n 1 > /last"],
            options: ["app": "outputs: [{oci: out}]"])
        #expect(try folder.run("batch.yaml").exitCode == 0)
        let cut = "cd state/blobs/sha256 && truncate -s -10 $(ls -S | head -n 2) && cd ../../.. && rm -rf out"
        try folder.workspace.run("sh", "-c", cut)
        #expect(try folder.damagedBlobs().count == 2)
        let again = try folder.run("batch.yaml")
        #expect(again.exitCode == 0, "\(again.errors)")
        #expect(try folder.damagedBlobs(in: "out/blobs/sha256") == [])
        try folder.workspace.run("umoci", "unpack", "--rootless", "--image", "out:latest", folder.workspace.path("f"))
        #expect(try folder.workspace.run("cat", "f/rootfs/last").output == "200000\n")
    }

    @Test(arguments: [
        ("echo no ledger > state/ledger.sqlite", "state/ledger.sqlite"), ("echo 999 > state/layout", "state"),
        ("rm -rf state && echo file > state", "state"),
    ])
    func `a state folder that cannot be used is exit code 3 and named`(damage: String, name: String) throws {
        let folder = try FaultWorkspace("state")
        try folder.writeBatch(["app": "RUN true"])
        #expect(try folder.run("batch.yaml").exitCode == 0)
        try folder.workspace.run("sh", "-c", damage)
        let outcome = try folder.run("batch.yaml")
        #expect(outcome.exitCode == 3, "\(outcome.errors)")
        #expect(outcome.errors.contains(folder.workspace.path(name)), "\(outcome.errors)")
        #expect(outcome.output == "")
    }
}
