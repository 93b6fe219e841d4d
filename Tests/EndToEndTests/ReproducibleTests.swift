import Foundation
import Testing

/// The same inputs make the same image, whoever builds them, when, where and how.
@Suite(.serialized) struct ReproducibleTests {
    /// A second build that differs from the first in one thing.
    struct Variant: CustomTestStringConvertible, Sendable {
        let testDescription: String
        /// Before the program's own words.
        var prefix: [String] = []
        var environment: [String: String] = [:]
        /// A script that changes something in the folder of the inputs.
        var change = "true"
        var needsRoot = false

        init(
            _ description: String, _ prefix: [String] = [], environment: [String: String] = [:],
            change: String = "true",
            needsRoot: Bool = false
        ) {
            testDescription = description
            self.prefix = prefix
            self.environment = environment
            self.change = change
            self.needsRoot = needsRoot
        }
    }

    private static let user = ["setpriv", "--reuid", "build-all-test", "--regid", "build-all-test", "--init-groups"]

    static let variants = [
        Variant("in another folder, a second later"),
        Variant("with umask 077", ["sh", "-c", "umask 077; exec \"$@\"", "sh"]),
        Variant("with umask 000", ["sh", "-c", "umask 000; exec \"$@\"", "sh"]),
        Variant("on one core", ["taskset", "-c", "0"]),
        Variant(
            "in another place of the world",
            environment: ["TZ": "Asia/Kolkata", "LANG": "tr_TR.UTF-8", "LC_ALL": "C.UTF-8", "HOME": "/nowhere"]),
        Variant("with other times of the files", change: "find . -exec touch -h -d 2024-02-03T04:05:06.789 {} +"),
        Variant("with files made in another order", change: "cp -a context again && rm -r context && mv again context"),
        Variant(
            "on another host", ["unshare", "--uts", "sh", "-c", "hostname elsewhere; exec \"$@\"", "sh"],
            needsRoot: true),
        Variant(
            "as another user", user, environment: ["HOME": "/home/build-all-test", "USER": "build-all-test"],
            change: "chown -hR build-all-test: .", needsRoot: true),
    ]

    private static let dockerfile = """
        FROM scratch AS shell
        COPY busybox /bin/busybox
        RUN ["/bin/busybox", "--install", "-s", "/bin"]

        FROM shell AS made
        RUN mkdir -p /made/sub && echo one > /made/one && ln /made/one /made/sub/two && ln -s one /made/three \\
            && mkfifo /made/pipe && chmod 4755 /made/one && chown 12:34 /made/sub && touch -d '1999-12-31 12:00:00' /made/old
        RUN <<EOF
        for n in 9 8 7 6 5 4 3 2 1; do echo $n > /made/file$n; done
        dd if=/dev/zero bs=1M count=3 of=/made/large
        rm /made/file5
        EOF

        FROM shell
        ARG SOURCE_DATE_EPOCH
        LABEL made.by=nobody
        ENV GREETING=hello
        WORKDIR /made/by/workdir
        COPY --chown=1:2 tree /tree/
        COPY --chmod=600 tree/a /private/a
        COPY --from=made /made /copied
        COPY --link tree/b /linked/
        ADD archive.tar /unpacked/
        RUN echo $SOURCE_DATE_EPOCH $GREETING > when && hostname > /name; date > /dev/null; id > /who; umask > /umask; pwd > /where
        VOLUME /data
        EXPOSE 80
        USER 1:2
        HEALTHCHECK CMD true
        CMD ["cat", "/who"]

        """

    private func prepare(_ workspace: Workspace) throws {
        try workspace.writeBusybox("inputs/context")
        try workspace.write("inputs/context/Dockerfile", Self.dockerfile)
        try workspace.write(
            "inputs/batch.yaml",
            "version: 1\nimages:\n  app: {context: context, epoch: 1700000000, outputs: [{oci: out}]}\n")
        try workspace.run(
            "sh", "-ec",
            """
            cd inputs/context && mkdir -p tree/sub archive && echo a > tree/a && echo b > tree/b && echo c > tree/sub/c
            ln -s a tree/link && chmod 755 tree/b && chmod 644 tree/a tree/sub/c && chmod 755 . tree tree/sub && echo in > archive/in
            ln archive/in archive/hard && tar --sort=name --mtime=@1234567890 --owner=5 --group=6 --numeric-owner \\
                -cf archive.tar -C archive . && rm -r archive && chmod 644 archive.tar Dockerfile ../batch.yaml
            """)
        // Another user must get at the program, the inputs and a place for what it makes.
        try workspace.run("mkdir", "bin")
        for program in ["build-all", "build-all-executor"] {
            try workspace.run("cp", Program.folder.appending(path: program).path, workspace.path("bin/\(program)"))
        }
        try workspace.run("chmod", "0777", workspace.folder.path, workspace.path("inputs"))
    }

    /// Digest of the image manifest, with the config and the layers, of which it has the digests.
    private func build(_ workspace: Workspace, as variant: Variant) throws -> [String] {
        try prepare(workspace)
        try workspace.run("sh", "-ec", "cd inputs; \(variant.change)")
        let arguments = [workspace.path("bin/build-all"), "batch.yaml", "--state", workspace.state]
        let outcome = try Program.run(
            variant.prefix + arguments, in: workspace.folder.appending(path: "inputs"), environment: variant.environment
        )
        try #require(outcome.exitCode == 0, "\(variant): \(outcome.output)\(outcome.errors)")
        return try Self.digests(workspace)
    }

    private struct Descriptors: Decodable {
        struct Descriptor: Decodable { let digest: String }
        let manifests: [Descriptor]?
        let config: Descriptor?
        let layers: [Descriptor]?
    }

    private static func digests(_ workspace: Workspace) throws -> [String] {
        let out = workspace.folder.appending(path: "inputs/out")
        let index = try JSONDecoder().decode(
            Descriptors.self, from: Data(contentsOf: out.appending(path: "index.json")))
        let manifest = try #require(index.manifests?.first).digest
        let path = "blobs/" + manifest.replacing(":", with: "/")
        let image = try JSONDecoder().decode(Descriptors.self, from: Data(contentsOf: out.appending(path: path)))
        return ["manifest \(manifest)", "config \(image.config?.digest ?? "")"]
            + (image.layers ?? []).enumerated().map { "layer \($0) \($1.digest)" }
    }

    @Test func `the digests do not depend on who builds, where, when and how`() throws {
        let first = try Workspace("reproducible")
        let expected = try build(first, as: Variant("first"))
        #expect(expected.count > 8)
        if getuid() == 0 { try Self.makeUser(first) }
        for variant in Self.variants where !variant.needsRoot || getuid() == 0 {
            let second = try Workspace("reproducible-again-elsewhere")
            let digests = try build(second, as: variant)
            #expect(digests == expected, "\(variant)")
            if digests != expected { print(try Self.differences(first, second)) }
        }
    }

    /// What the tests as an ordinary user have, see `.ci/test-as-user`.
    private static func makeUser(_ workspace: Workspace) throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../.ci/test-user").path
        try workspace.run("sh", script)
    }

    /// The lists of all layers and the configs, as far as they differ.
    private static func differences(_ first: Workspace, _ second: Workspace) throws -> String {
        let list = """
            import json, sys, tarfile
            blob = lambda digest: "inputs/out/blobs/" + digest.replace(":", "/")
            manifest = json.load(open(blob(json.load(open("inputs/out/index.json"))["manifests"][0]["digest"])))
            print(json.dumps(json.load(open(blob(manifest["config"]["digest"]))), indent=1))
            for number, layer in enumerate(manifest["layers"]):
                for entry in tarfile.open(blob(layer["digest"])):
                    print(number, entry.name, entry.type, oct(entry.mode), entry.uid, entry.gid, entry.size, entry.mtime,
                        entry.linkname, sorted(entry.pax_headers.items()))
            """
        let ours = try first.run("python3", "-c", list).lines
        let theirs = try second.run("python3", "-c", list).lines
        return
            (Set(ours).subtracting(theirs).sorted().map { "- \($0)" }
            + Set(theirs).subtracting(ours).sorted().map { "+ \($0)" }).prefix(40).joined(separator: "\n")
    }
}
