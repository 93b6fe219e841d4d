import Foundation
import TestSupport
import Testing

/// The image of `manifests/self.yaml`: made by the programs under test of themselves, unpacked by umoci, run by runc.
@Suite(.serialized, .enabled(if: ContainerReference.isPossible, "needs root, runc and the quickstart's root archive"))
struct SelfImageTests {
    private let workspace: Workspace

    /// The image, and what of its configuration a runtime uses.
    private struct Image {
        let root: String
        let arguments: [String]
        let environment: [String: String]
    }

    init() throws {
        workspace = try Workspace("self")
        let manifests = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../manifests")
            .standardizedFileURL.path
        try workspace.run(
            "sh", "-euc",
            """
            mkdir -p manifests/quickstart
            cp -r "$1/self" "$1/self.yaml" manifests/
            cp -r --reflink=auto "$1/quickstart/debian" manifests/quickstart/
            """, "sh", manifests)
        let programs = try ContainerPrograms.made(from: Program.folder.path)
        let outcome = try workspace.buildAll("manifests/self.yaml", "--var", "programs=\(programs)/kaniko")
        try #require(outcome.exitCode == 0, "\(outcome.errors)")
    }

    private func unpacked(_ variant: String) throws -> Image {
        struct Configuration: Decodable {
            struct Process: Decodable {
                let args: [String]
                let env: [String]
            }

            let process: Process
        }
        try workspace.run("umoci", "unpack", "--image", "dist/self/\(variant):\(variant)", variant)
        let file = URL(filePath: workspace.path("\(variant)/config.json"))
        let process = try JSONDecoder().decode(Configuration.self, from: Data(contentsOf: file)).process
        let pairs = process.env.map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
        return Image(
            root: workspace.path("\(variant)/rootfs"), arguments: process.args,
            environment: Dictionary(uniqueKeysWithValues: pairs.map { ($0[0], $0.count > 1 ? $0[1] : "") }))
    }

    private func box(_ image: Image, mounts: [ContainerMount] = []) throws -> ContainerBox {
        try ContainerBox(
            .docker, image: image.root, environment: image.environment,
            state: image.environment["BUILD_ALL_STATE"] ?? "missing", mounts: mounts)
    }

    /// One test, for the image is large: packing it takes longer than all that is looked at.
    @Test func `it has all that builds need in one folder, its debug variant has a shell for scripts besides`() throws {
        let latest = try unpacked("latest")
        try checkParts(latest)
        try checkGit(latest)
        try checkShell(unpacked("debug"))
    }

    private func checkParts(_ image: Image) throws {
        #expect(image.arguments == ["/kaniko/executor"])
        let box = try box(image)
        for (program, word) in [("build-all", "0."), ("git", "git version")] {
            let result = try box.run(["/kaniko/\(program)", "--version"])
            #expect(result.status == 0 && result.output.contains(word), "\(result.output)\(result.errorOutput)")
        }
        #expect(try box.run(["/bin/sh", "-c", "echo $0"]).output == "/bin/sh\n")
        #expect(try box.run(["/kaniko/ssh", "-V"]).errorOutput.contains("OpenSSH"))
        let files = try workspace.run("find", "latest/rootfs", "-type", "f", "-printf", "%P\\n").lines
        #expect(files.allSatisfy { $0.hasPrefix("kaniko/") || $0.hasPrefix("etc/") }, "\(files)")
        #expect(
            try workspace.run("readlink", "latest/rootfs/kaniko/executor", "latest/rootfs/kaniko/warmer").lines == [
                "build-all", "build-all",
            ])
        let authorities = try String(
            contentsOfFile: image.root + "/kaniko/ssl/certs/ca-certificates.crt", encoding: .utf8)
        #expect(authorities.contains("BEGIN CERTIFICATE"))
    }

    private func checkShell(_ image: Image) throws {
        let result = try box(image).run([
            "sh", "-c", "echo $0; which executor warmer build-all git sh",
        ])
        #expect(
            result.output == """
                sh
                /kaniko/executor
                /kaniko/warmer
                /kaniko/build-all
                /kaniko/git
                /busybox/sh

                """)
    }

    /// The repository asks for a password, which git is given by a program, and has a submodule.
    private func checkGit(_ image: Image) throws {
        let server = try GitServer(
            .smartHTTP, credentials: "user:password",
            """
            (new part; echo part >file; commit part; publish part)
            (new app; git -c protocol.file.allow=always submodule --quiet add ../part.git sub 2>/dev/null
             git config -f .gitmodules submodule.sub.url ../part.git
             printf 'FROM scratch\\nCOPY sub/file /file\\n' >Dockerfile; commit app; publish app)
            """)
        try workspace.write(
            "input/batch.yaml",
            """
            version: 1
            images:
              app: {context: "http://user:password@127.0.0.1:\(server.port)/app.git#main", outputs: [{rootfs: /kaniko/state/out}]}

            """)
        let box = try box(image, mounts: [ContainerMount(workspace.path("input"), at: "/input")])
        let result = try box.run(["/kaniko/build-all", "/input/batch.yaml"])
        try #require(result.status == 0, "\(result.errorOutput)")
        #expect(try String(contentsOfFile: box.volume + "/out/file", encoding: .utf8) == "part\n")
    }
}
