import Foundation
import Testing

/// Layers as gzip and as zstd, read by other people's programs.
@Suite struct CompressionTests {
    private func prepared(_ compression: String, registry: String? = nil) throws -> Workspace {
        let workspace = try Workspace("compression")
        try workspace.writeBusybox("app")
        try workspace.write(
            "app/Dockerfile",
            Workspace.busyboxDockerfile + "RUN seq 200000 > /numbers && mkdir /d && chown 3:4 /d && chmod 2755 /d\n")
        try write(compression, registry, in: workspace)
        return workspace
    }

    private func write(_ compression: String, _ registry: String? = nil, in workspace: Workspace) throws {
        try workspace.write(
            "batch.yaml",
            """
            version: 1
            \(registry.map { "registry: \($0)" } ?? "")
            images:
              app:
                context: app
                compression: \(compression)
                outputs: [\(registry == nil ? "" : "push, "){oci: layout}, {docker-archive: app.tar}]

            """)
    }

    private struct Manifest: Decodable {
        struct Layer: Decodable {
            var mediaType: String
            var digest: String
            var size: Int
        }

        var layers: [Layer]
    }

    private func layers(of image: String, in workspace: Workspace) throws -> [Manifest.Layer] {
        let raw = try workspace.run("skopeo", "inspect", "--raw", "--tls-verify=false", image).output
        return try JSONDecoder().decode(Manifest.self, from: Data(raw.utf8)).layers
    }

    private func diffIDs(of image: String, in workspace: Workspace) throws -> String {
        try workspace.run("skopeo", "inspect", "--config", "--format", "{{.RootFS.DiffIDs}}", image).output
    }

    @Test(arguments: ["gzip", "zstd", "{type: zstd, level: 19}"])
    func `other people's programs pull it and see the files`(compression: String) throws {
        let workspace = try prepared(compression)
        let registry = try LocalRegistry(in: workspace)
        try write(compression, registry.host, in: workspace)
        let outcome = try workspace.buildAll("batch.yaml")
        try #require(outcome.exitCode == 0, "\(outcome.errors)")
        let image = "docker://\(registry.host)/app:latest"
        let expected = compression == "gzip" ? "+gzip" : "+zstd"
        for layer in try layers(of: image, in: workspace) { #expect(layer.mediaType.hasSuffix(expected)) }
        try workspace.run("skopeo", "copy", "-q", "--src-tls-verify=false", image, "dir:copy")
        #expect(
            try Podman.pulled("\(registry.host)/app:latest", in: workspace).contains {
                $0.hasPrefix("'d' drwxr-sr-x 3:4")
            })
    }

    @Test func `what the cache has in another compression is packed anew, not run again`() throws {
        let workspace = try prepared("gzip")
        try #require(try workspace.buildAll("batch.yaml").exitCode == 0)
        let before = (
            layers: try layers(of: "oci:layout:latest", in: workspace),
            diffIDs: try diffIDs(of: "oci:layout:latest", in: workspace)
        )
        for compression in ["zstd", "{type: zstd, level: 19}"] {
            try write(compression, in: workspace)
            let outcome = try workspace.buildAll("batch.yaml", "--json")
            try #require(outcome.exitCode == 0, "\(outcome.errors)")
            let document = try JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8))
            let image = try #require(document.images.first)
            #expect(image.cachedSteps == image.steps)
            let layers = try layers(of: "oci:layout:latest", in: workspace)
            #expect(layers.allSatisfy { $0.mediaType.hasSuffix("+zstd") })
            #expect(try diffIDs(of: "oci:layout:latest", in: workspace) == before.diffIDs)
        }
        try write("gzip", in: workspace)
        try #require(try workspace.buildAll("batch.yaml").exitCode == 0)
        #expect(try layers(of: "oci:layout:latest", in: workspace).map(\.digest) == before.layers.map(\.digest))
    }

    @Test func `the layers of a base stay as they are`() throws {
        let workspace = try prepared("gzip")
        try workspace.write("child/Dockerfile", "FROM app:latest\nRUN echo more > /more\n")
        try workspace.write(
            "batch.yaml",
            """
            version: 1
            images:
              app: app
              child: { context: child, compression: zstd, outputs: [{oci: layout}] }

            """)
        let outcome = try workspace.buildAll("batch.yaml")
        try #require(outcome.exitCode == 0, "\(outcome.errors)")
        let types = try layers(of: "oci:layout:latest", in: workspace).map(\.mediaType)
        #expect(types.dropLast().allSatisfy { $0.hasSuffix("+gzip") })
        #expect(types.last?.hasSuffix("+zstd") == true)
    }

    @Test func `a Docker archive holds it, whatever the compression`() throws {
        let workspace = try prepared("zstd")
        try #require(try workspace.buildAll("batch.yaml").exitCode == 0)
        try workspace.run("skopeo", "copy", "-q", "docker-archive:app.tar:app:latest", "oci:from-docker:latest")
        try workspace.run("umoci", "unpack", "--rootless", "--image", "from-docker:latest", "unpacked")
        #expect(try workspace.run("tail", "-n", "1", "unpacked/rootfs/numbers").output == "200000\n")
    }
}
