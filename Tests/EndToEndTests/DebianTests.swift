import Foundation
import Testing

/// A real distribution: its packages are installed in a step, and run in the next.
@Suite struct DebianTests {
    private static let archive = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../manifests/quickstart/debian/rootfs.tar").standardizedFileURL

    private static var hasArchive: Bool { FileManager.default.fileExists(atPath: archive.path) }

    @Test(.enabled(if: hasArchive, "manifests/quickstart/prepare has not made the root archive"))
    func `apt-get installs a program over the private network, and the next step runs it`() throws {
        let workspace = try Workspace("debian")
        try FileManager.default.createDirectory(
            atPath: workspace.path("debian"), withIntermediateDirectories: true)
        try workspace.run("cp", "--reflink=auto", Self.archive.path, workspace.path("debian/rootfs.tar"))
        try workspace.write(
            "debian/Dockerfile",
            """
            FROM scratch AS debian
            ADD rootfs.tar /
            FROM debian
            RUN apt-get update && apt-get install -y --no-install-recommends python3-minimal && rm -rf /var/lib/apt/lists/*
            RUN python3 -c 'print(6 * 7)' > /answer && dpkg --verify python3-minimal
            FROM scratch
            COPY --from=1 /answer /var/lib/dpkg/status /

            """)
        try workspace.write(
            "batch.yaml",
            "version: 1\nimages:\n  debian: {context: debian, network: private, outputs: [{rootfs: out}]}\n")
        let outcome = try workspace.buildAll("batch.yaml")
        try #require(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(!outcome.errors.contains("host's network"))
        #expect(try workspace.run("cat", "out/answer").output == "42\n")
        #expect(
            try workspace.run("grep", "-A1", "^Package: python3-minimal$", "out/status").output.contains("installed"))
    }
}
