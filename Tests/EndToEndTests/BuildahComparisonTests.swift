import Foundation
import Testing

/// The same Dockerfiles built by build-all and by Debian's buildah give the same files and the same config.
@Suite(.serialized) struct BuildahComparisonTests {
    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/compare")

    static let cases: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: fixtures.path)) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted()
    }()

    /// What buildah leaves in an image that BuildKit does not, and config it writes in its own way.
    static let knownDifferences: Set<String> = []

    @Test(.enabled(if: getuid() == 0, "buildah's results are read as root"))
    func `files and config equal buildah's`() throws {
        try #require(!Self.cases.isEmpty, "no fixtures below \(Self.fixtures.path)")
        let workspace = try Workspace("compare")
        try prepare(workspace)
        let outcome = try workspace.buildAll("batch.yaml")
        try #require(outcome.exitCode == 0, "\(outcome.output)\(outcome.errors)")
        try Buildah.build(dockerfile: "contexts/base/Dockerfile", context: "contexts/base", as: "base", in: workspace)
        for name in Self.cases { try compare(name, in: workspace) }
        try Buildah.removeAll(in: workspace)
    }

    private func prepare(_ workspace: Workspace) throws {
        try workspace.writeBusybox("contexts/base")
        try workspace.write(
            "contexts/base/Dockerfile",
            Workspace.busyboxDockerfile + """
                RUN mkdir -p /etc /root /tmp /home && chmod 1777 /tmp && echo 'root:x:0:0:root:/root:/bin/sh' > /etc/passwd \\
                    && echo 'root:x:0:' > /etc/group
                CMD ["sh"]

                """)
        var manifest = "version: 1\nimages:\n  base: contexts/base\n"
        for name in Self.cases {
            try workspace.run("cp", "-a", Self.fixtures.appending(path: name).path, workspace.path("contexts/"))
            manifest += "  \(name):\n    context: contexts/\(name)\n    outputs: [{oci: oci/\(name)}]\n"
        }
        try workspace.write("batch.yaml", manifest)
    }

    private func compare(_ name: String, in workspace: Workspace) throws {
        try Buildah.build(
            dockerfile: "contexts/\(name)/Dockerfile", context: "contexts/\(name)", as: name, in: workspace)
        try workspace.run("umoci", "unpack", "--image", "oci/\(name):latest", "ours/\(name)")
        let ours = try TreeListing.of(workspace.path("ours/\(name)/rootfs"), in: workspace)
        let theirs = try Buildah.listing(of: name, in: workspace)
        let onlyOurs = Set(ours).subtracting(theirs).sorted()
        let onlyTheirs = Set(theirs).subtracting(ours).sorted()
        #expect(onlyOurs == [] && onlyTheirs == [], "\(name): files differ")
        let ourConfig = try OCIConfig.ofLayout("oci/\(name):latest", in: workspace)
        let theirConfig = try Buildah.config(of: name, in: workspace)
        #expect(ourConfig == theirConfig, "\(name): config differs")
    }
}
