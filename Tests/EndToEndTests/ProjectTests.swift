import Foundation
import Testing

/// The programs of `manifests/projects.yaml`: their images are built, and the programs run.
@Suite struct ProjectTests {
    private static let manifests = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../manifests").standardizedFileURL

    private static var hasArchive: Bool {
        FileManager.default.fileExists(atPath: manifests.appending(path: "quickstart/debian/rootfs.tar").path)
    }

    @Test(
        .enabled(if: getuid() == 0, "containers run as root"),
        .enabled(if: hasArchive, "manifests/quickstart/prepare has not made the root archive"))
    func `images of real programs are built, their programs run, and nothing is built again`() throws {
        let workspace = try Workspace("projects")
        try workspace.run("cp", "-r", "--reflink=auto", Self.manifests.path, workspace.path("manifests"))

        let first = try workspace.buildAll("manifests/projects.yaml", "--progress", "plain")
        try #require(first.exitCode == 0, "\(first.errors.suffix(20_000))")

        let check = try Program.run([workspace.path("manifests/projects/check")], in: workspace.folder)
        #expect(check.exitCode == 0, "\(check.errors)")
        #expect(check.lines.count == 12, "\(check.output)")
        #expect(check.lines.allSatisfy { $0.hasPrefix("ok ") }, "\(check.output)")

        let second = try workspace.buildAll("manifests/projects.yaml", "--progress", "plain")
        #expect(second.exitCode == 0, "\(second.errors)")
        #expect(second.output.contains("16 fresh"), "\(second.output)")
    }
}
