import Foundation
import TestSupport
import Testing

/// What an ordinary user can do, with subordinate ids and without; as root the same on the rung `shifted`.
@Suite(.serialized) struct OrdinaryUserTests {
    private static let rung =
        getuid() == 0 ? "shifted" : ProcessInfo.processInfo.environment["BUILD_ALL_TEST_RUNG"] ?? "subid"

    /// Owners in all ways in which they come about.
    private static let owners = """
        COPY --chown=1234:4321 one /copied/
        COPY --chown=daemon one /named
        RUN mkdir /made && echo made > /made/file && chown 33:44 /made/file && chmod 4755 /made/file
        USER 1000:1001
        WORKDIR /home/user
        RUN touch /tmp/own
        """

    private func prepared(_ name: String) throws -> FaultWorkspace {
        let folder = try FaultWorkspace(name)
        try folder.workspace.write("base/one", "one\n")
        try folder.workspace.write("base/passwd", "root:x:0:0::/:/bin/sh\ndaemon:x:7:8::/:/bin/sh\n")
        let base = try String(contentsOfFile: folder.workspace.path("base/Dockerfile"), encoding: .utf8)
        try folder.workspace.write(
            "base/Dockerfile", base + "COPY passwd /etc/passwd\nRUN mkdir -m 1777 /tmp\n" + Self.owners + "\n")
        try folder.workspace.write(
            "batch.yaml", "version: 1\nimages:\n  base: {context: base, outputs: [{oci: out}]}\n")
        return folder
    }

    /// Mode, owner and name of all entries of all layers, the way GNU tar shows them.
    private func entries(_ workspace: Workspace) throws -> Set<String> {
        let script = """
            import json, subprocess
            blob = lambda digest: "out/blobs/" + digest.replace(":", "/")
            index = json.load(open("out/index.json"))
            for layer in json.load(open(blob(index["manifests"][0]["digest"])))["layers"]:
                text = subprocess.check_output(["tar", "--numeric-owner", "-tvzf", blob(layer["digest"])], text=True)
                for line in text.splitlines():
                    words = line.split()
                    print(words[0], words[1], words[5])
            """
        return Set(try workspace.run("python3", "-c", script).lines)
    }

    @Test func `owners are right in the layers, and a second run is cached`() throws {
        let folder = try prepared("user")
        let first = try folder.run("batch.yaml", "--json")
        #expect(first.exitCode == 0, "\(first.errors)")
        let entries = try entries(folder.workspace)
        let expected = [
            "-rw-r--r-- 1234/4321 copied/one", "-rw-r--r-- 7/8 named", "-rwsr-xr-x 33/44 made/file",
            "drwxr-xr-x 0/0 made/", "drwxrwxrwt 0/0 tmp/", "-rw-r--r-- 1000/1001 tmp/own",
            "-rwxr-xr-x 0/0 bin/busybox",
        ]
        for entry in expected { #expect(entries.contains(entry), "\(entry) is not in \(entries.sorted())") }
        let isolation = try folder.ledger("SELECT isolation FROM builds")
        #expect(isolation == [Self.rung])
        let second = try folder.run("batch.yaml", "--json")
        #expect(second.exitCode == 0, "\(second.errors)")
        let image = try JSONDecoder().decode(RunDocument.self, from: Data(second.output.utf8)).images[0]
        #expect(image.status == "fresh")
        #expect(image.cachedSteps == image.steps)
        #expect(try folder.leftovers(after: 0.5) == [])
    }

    /// A step in the middle of writing files of several owners, so that `tmp/` is left with some that only the user
    /// namespace may remove.
    @Test func `killed in the middle, the next run sweeps files of other owners and is right`() throws {
        let folder = try prepared("user-kill")
        #expect(try folder.run("batch.yaml").exitCode == 0)
        try folder.writeBatch([
            "app": """
            USER 0
            RUN mkdir -m 700 /deep && mkdir /deep/er && touch /deep/er/file && chown -R 55:66 /deep && exec sleep 600
            """
        ])
        let process = try folder.start("batch.yaml", "--progress", "none")
        try folder.waitForStep("sleep 600")
        process.send(SIGKILL)
        #expect(process.wait() == 128 + SIGKILL)
        #expect(try folder.leftovers(after: 2) == [])
        #expect(try folder.temporaryFiles() != [])
        try folder.writeBatch(["app": "USER 0\nRUN echo quick > /quick"])
        let next = try folder.run("batch.yaml", "--json")
        #expect(next.exitCode == 0, "\(next.errors)")
        #expect(try folder.temporaryFiles() == [])
        #expect(try folder.damagedBlobs() == [])
        #expect(
            try folder.ledger("SELECT status FROM builds WHERE image = 'app' ORDER BY seq") == ["interrupted", "built"])
    }

    @Test func `layers with files of other owners are pruned, and unpacked again`() throws {
        let folder = try prepared("user-prune")
        try folder.workspace.write("batch.yaml", "version: 1\nimages:\n  base: base\n")
        #expect(try folder.run("batch.yaml").exitCode == 0)
        let pruned = try folder.run("prune", "--class", "layers")
        #expect(pruned.exitCode == 0, "\(pruned.errors)")
        #expect(try folder.workspace.run("ls", "-A", "state/layers").output == "")
        #expect(try folder.temporaryFiles() == [])
        try folder.writeBatch(["app": "USER 0\nRUN stat -c %u:%g /made/file /copied/one > /owners"])
        let next = try folder.run("batch.yaml", "--json")
        #expect(next.exitCode == 0, "\(next.errors)")
        let documents = try JSONDecoder().decode(RunDocument.self, from: Data(next.output.utf8)).images
        #expect(documents.map(\.cachedSteps) == [documents[0].steps, 0])
        let found = try folder.run("prune", "--json")
        #expect(found.exitCode == 0, "\(found.errors)")
        #expect(try folder.temporaryFiles() == [])
    }

    @Test func `Ctrl-C leaves nothing`() throws {
        let folder = try prepared("user-signal")
        try folder.writeBatch([
            "app": "USER 0\nRUN trap '' TERM; mkdir -m 700 /d && chown 5:6 /d; sleep 600 & sleep 600"
        ])
        let process = try folder.start("batch.yaml", "--progress", "none")
        try folder.waitForStep("sleep 600")
        let start = Date.now
        process.send(SIGINT)
        #expect(process.wait() == 130, "\(folder.errors)")
        #expect(Date.now.timeIntervalSince(start) < soon)
        #expect(try folder.leftovers(after: 0.1) == [])
        #expect(try folder.temporaryFiles() == [])
    }
}
