import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// What is read by name while the root of the container is an image's: the container's own, never the image's.
@Suite(
    .serialized,
    .enabled(
        if: ContainerBox.isPossible && DockerRegistry.isInstalled, "needs root, runc and docker-registry"))
struct InPlaceFilesTests {
    private static let names = (
        certificates: ["/etc/docker/certs.d", "/etc/containers/certs.d", "/root/.config/containers/certs.d"],
        credentials: ["/root/.docker/config.json", "/root/.config/containers/auth.json"]
    )

    /// A registry that wants a password and whose authority nobody trusts, reached when an image's step has said that it is there.
    private struct Scene {
        let workspace: Workspace
        let registry: DockerRegistry
        let proxy: TestProxy
        let box: ContainerBox
        /// As references have it.
        let host: String

        init() throws {
            let workspace = try Workspace("in-place-files")
            registry = try DockerRegistry(.init(user: ("u", "p"), tls: true))
            let port = try #require(registry.host.split(separator: ":").last.flatMap { Int($0) })
            host = "registry.test:\(port)"
            let box = try ContainerBox(
                .sixConfined, programs: Program.folder.path,
                mounts: [ContainerMount(workspace.folder.path, at: "/batch", isWritable: true)])
            let signs = [box.written("/there"), workspace.path("over")]
            let isThere = Mutex(false)
            proxy = TestProxy(target: port) {
                let isSeen = signs.contains { FileManager.default.fileExists(atPath: $0) }
                return isThere.withLock { isThere in
                    isThere = isThere || isSeen
                    return isThere
                }
            }
            (self.workspace, self.box) = (workspace, box)
            try workspace.write("contexts/app/file", "a\n")
            try workspace.write("contexts/app/Dockerfile", "FROM base:1\nCOPY file /file\n")
            try workspace.write("contexts/other/config.json", credentials)
            try workspace.write("contexts/other/ca.crt", String(contentsOfFile: registry.ca.string, encoding: .utf8))
            try workspace.write("ca.crt", String(contentsOfFile: registry.ca.string, encoding: .utf8))
            try workspace.write("config.json", credentials)
        }

        private var credentials: String {
            #"{"auths":{"\#(host)":{"auth":"\#(Data("u:p".utf8).base64EncodedString())"}}}"#
        }

        /// Pushes `app` while a step of `other` runs that has done this; `prepare` is done in the container before.
        func push(
            _ prepare: String, while step: String, environment: [String: String] = [:]
        ) throws -> Tool.Result {
            try workspace.write(
                "contexts/other/Dockerfile",
                "FROM base:1\nCOPY ca.crt config.json /given/\nRUN \(step); touch /there; sleep 6\n")
            try workspace.writeBatch(after: [
                "app: {context: contexts/app, tags: ['\(host)/p/app:1'], outputs: [push], retry: {attempts: 1}}",
                "other: {context: contexts/other, needs: [app]}",
            ])
            try box.run(["/bin/sh", "-ec", "cd /batch; \(prepare)"]).checked()
            defer { _ = FileManager.default.createFile(atPath: workspace.path("over"), contents: nil) }
            return try box.run(
                ["/kaniko/build-all", "/batch/batch.yaml", "--progress", "plain", "--isolation", "inplace", "--force"],
                environment: [
                    "HTTPS_PROXY": "http://\(proxy.address)", "NO_PROXY": "", "DOCKER_CONFIG": "", "HOME": "/root",
                ].merging(environment) { $1 })
        }

        var isPushed: Bool {
            FileManager.default.fileExists(
                atPath: registry.folder.appending("data/docker/registry/v2/repositories/p/app/_manifests/tags/1").string
            )
        }

        /// The shell's commands that put a file there.
        func put(_ file: String, at names: [String]) -> String {
            names.map { "mkdir -p \($0.prefix(upTo: $0.lastIndex(of: "/") ?? $0.startIndex)) && cp \(file) \($0)" }
                .joined(separator: " && ")
        }

        var certificates: [String] { InPlaceFilesTests.names.certificates.map { "\($0)/\(host)/ca.crt" } }
    }

    @Test(arguments: [false, true])
    func `the container's own credentials and authorities are found`(byLinks: Bool) throws {
        let scene = try Scene()
        let places = ["/etc/docker/certs.d/\(scene.host)/ca.crt", "/root/.docker/config.json"]
        var prepare = scene.put("ca.crt", at: [places[0]]) + "; " + scene.put("config.json", at: [places[1]])
        if byLinks {
            prepare += """
                ; mkdir -p /opt /own; mv /etc/docker /opt/docker; ln -s /opt/docker /etc/docker
                for file in \(places[0]) \(places[1]); do
                    mv $file /own/${file##*/} && ln -s ../../../../own/${file##*/} /own/link-${file##*/}
                    ln -s /own/link-${file##*/} $file
                done
                """.replacing("\n", with: "; ").replacing("do;", with: "do")
        }
        let junk =
            "mkdir -p /etc/docker/certs.d/\(scene.host) /own; "
            + places.map { "echo junk > \($0)" }.joined(
                separator: "; ") + "; for file in ca.crt config.json; do echo junk > /own/$file; done"
        let result = try scene.push(prepare, while: "( \(junk) )")
        #expect(result.status == 0, "\(result.errorOutput)")
        #expect(scene.isPushed)
        #expect(try scene.box.run(["/bin/sh", "-c", "cmp \(places[1]) /batch/config.json"]).status == 0)
    }

    @Test func `an image's credentials are not used`() throws {
        let scene = try Scene()
        let own = scene.put("ca.crt", at: ["/etc/docker/certs.d/\(scene.host)/ca.crt"])
        let aws = "mkdir -p /root/.aws && echo '[default]' > /root/.aws/config"
        let step = scene.put("/given/config.json", at: Self.names.credentials) + "; \(aws)"
        let result = try scene.push(own, while: step)
        #expect(result.status == 4)
        #expect(!scene.isPushed)
        #expect(result.errorOutput.contains("credentials"), "\(result.errorOutput)")
    }

    /// OpenSSL reads its settings when it is used first, and loads what they name.
    @Test func `an image's settings of OpenSSL are not read`() throws {
        let registry = try DockerRegistry(.init(tls: true))
        let workspace = try Workspace("in-place-openssl")
        try workspace.writeBase()
        let settings =
            #"openssl_conf=i\nconfig_diagnostics=1\n[i]\nproviders=p\n[p]\nevil=e\n[e]\nmodule=/evil.so\nactivate=1\n"#
        try workspace.write(
            "contexts/app/Dockerfile",
            """
            FROM base:1
            RUN for folder in /etc/ssl /usr/lib/ssl /usr/local/ssl; do mkdir -p $folder; printf '\(settings)' >$folder/openssl.cnf; done
            ADD https://\(registry.host)/v2/ /added

            """)
        try workspace.write(
            "batch.yaml",
            """
            version: 1
            defaults: {outputs: [], retry: {attempts: 1}}
            images:
              base: {context: contexts/base, tags: ["1"]}
              app: contexts/app

            """)
        let box = try ContainerBox(
            .sixConfined, programs: Program.folder.path,
            mounts: [ContainerMount(workspace.folder.path, at: "/batch", isWritable: true)])
        let result = try box.run(
            ["/kaniko/build-all", "/batch/batch.yaml", "--progress", "plain", "--isolation", "inplace", "--force"])
        #expect(result.status != 0)
        // Its authority is not trusted: as far as that OpenSSL came.
        #expect(result.errorOutput.contains("certificate problem"), "\(result.errorOutput)")
    }

    @Test(arguments: ["of registries", "of all, of which a folder is named", "of all, of which a file is named"])
    func `an image's authorities are not trusted`(kind: String) throws {
        let scene = try Scene()
        let own = scene.put("config.json", at: ["/root/.docker/config.json"])
        let hash = try Tool.run("openssl", "x509", "-hash", "-noout", "-in", scene.registry.ca.string).checked()
        let ofAll = ["ca-certificates.crt", "\(hash.output.prefix(8)).0"].map { "/etc/ssl/certs/\($0)" }
        let places = kind.hasPrefix("of all") ? ofAll + ["/etc/ssl/cert.pem"] : scene.certificates
        let file = ["SSL_CERT_DIR": "", "SSL_CERT_FILE": "/kaniko/ssl/certs/ca-certificates.crt"]
        let step = scene.put("/given/ca.crt", at: places)
        let result = try scene.push(own, while: step, environment: kind.hasSuffix("file is named") ? file : [:])
        #expect(result.status == 4)
        #expect(!scene.isPushed)
        #expect(result.errorOutput.contains("certificate problem"), "\(result.errorOutput)")
    }
}
