import Foundation
import TestSupport
import Testing

/// Steps without namespaces and mounts, tried where there are both: what comes of them is to be the same.
@Suite(.enabled(if: Privilege.isRoot, "chroot is root's")) struct JailTests {
    private static let manifest = """
        version: 1
        defaults: {epoch: 1700000000}
        images:
          base: {context: contexts/base, tags: ["1"]}
          image: contexts/image

        """

    private func workspace(_ dockerfile: String, _ files: [String: String] = [:]) throws -> Workspace {
        let workspace = try Workspace("jail")
        try workspace.writeBase()
        try workspace.write("batch.yaml", Self.manifest)
        try workspace.write("contexts/image/Dockerfile", "FROM base:1\n" + dockerfile)
        for (path, text) in files { try workspace.write("contexts/image/\(path)", text) }
        return workspace
    }

    /// The digest of `image`, built in a state folder of its own.
    private func digest(_ rung: String, in workspace: Workspace, _ name: String = "image") throws -> String {
        let document = try document(rung, in: workspace)
        let image = try #require(document.images.first { $0.image == name })
        return try #require(image.digest, "\(image.error?.message ?? image.status)")
    }

    private func document(_ rung: String, in workspace: Workspace, state: String? = nil) throws -> RunDocument {
        let outcome = try Program.run(
            [
                Program.buildAll, "batch.yaml", "--isolation", rung, "--json", "--state",
                workspace.path(state ?? "state-\(rung)"),
            ], in: workspace.folder)
        return try JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8))
    }

    struct Case: Sendable, CustomStringConvertible {
        var description: String
        var dockerfile: String
    }

    static let cases = [
        Case(
            description: "files and links",
            dockerfile: """
                RUN mkdir -p /a/b && echo x > /a/b/x && ln /a/b/x /a/y && ln -s b/x /a/l && chown 33:34 /a/b && mkfifo /a/p
                RUN chmod 700 /a && ln /a/b/x /a/z && chmod 600 /a/p
                RUN chown -R 7 /a
                """),
        Case(
            description: "deletions",
            dockerfile: """
                RUN mkdir -p /a/b/c && echo x > /a/b/x && echo y > /a/y
                RUN rm -rf /a/b && mkdir /a/b && echo n > /a/b/n && rm /a/y
                RUN rm -rf /a/b && echo file > /a/b
                RUN rm /a/b && mkdir -p /a/b/d
                """),
        Case(
            description: "other names",
            dockerfile: """
                RUN mkdir -p /a/b/c && echo x > /a/b/c/x && echo y > /y && ln /y /z
                RUN mv /a/b /c && mv /y /a/y
                RUN mv /c /a/b && mv /a/y /y && cp -a /a /a2
                """),
        Case(
            description: "what is opened and left as it is",
            dockerfile: """
                RUN mkdir /d && echo x > /d/x && chmod 640 /d/x
                RUN sh -c 'exec 3<>/d/x' && chmod 640 /d/x && chown 0:0 /d/x && touch -r /d/x /t && touch -r /t /d/x && rm /t
                RUN chmod 755 /d && cp -p /d/x /d/n && mv /d/n /d/x
                """),
        Case(
            description: "copies between stages",
            dockerfile: """
                RUN mkdir /out && echo built > /out/program && chmod 4755 /out/program && chown 9:9 /out
                WORKDIR /place/dir
                COPY src .
                FROM base:1 AS second
                COPY --from=0 /out /opt/
                COPY --from=0 --chown=3:4 /place /place
                RUN cp -r /place/dir /here && ls /opt > /listing
                FROM second
                COPY --link src/a /linked/
                RUN cat /here/a > /last && ls -A / > /names && rm /names
                """),
        Case(
            description: "mounts",
            dockerfile: """
                RUN --mount=type=cache,target=/root/.cache --mount=type=cache,id=two,target=/var/deep/cache \\
                    --mount=type=tmpfs,target=/tmp --mount=source=src,target=/etc/src \\
                    echo 1 > /root/.cache/one; echo 2 > /var/deep/cache/two; echo 3 > /tmp/three; cat /etc/src/a > /a
                RUN --mount=type=cache,target=/root/.cache --mount=type=cache,id=two,target=/var/deep/cache \\
                    cat /root/.cache/one /var/deep/cache/two > /both; test ! -e /tmp/three; echo > /var/beside
                """),
        Case(
            description: "the machine's files",
            dockerfile: """
                RUN cp /etc/hosts /h && test -s /etc/resolv.conf && echo out > /dev/stdout && echo err > /dev/stderr \\
                    && head -c 10 /dev/zero > /zero && echo gone > /dev/null && echo > /dev/shm/x
                RUN echo nameserver 1 > /r && ls /dev/shm > /shm && mkdir /proc2 /dev2
                """),
        Case(
            description: "an archive over what is there",
            dockerfile: """
                RUN mkdir -p /x/dir && echo old > /x/file && ln -s dir /x/link
                ADD tree.tar /x/
                """),
        Case(
            description: "users",
            dockerfile: """
                RUN echo 'app:x:1000:1000::/home/app:/bin/sh' >> /etc/passwd && mkdir -p /home/app && chown 1000:1000 /home/app
                USER app
                WORKDIR /home/app/sub
                RUN id -u > ../me && echo > file || echo refused > ../refused
                """),
    ]

    @Test(arguments: cases) func `an image is the one that mounts make`(_ test: Case) throws {
        let workspace = try workspace(test.dockerfile, ["src/a": "a\n", "src/sub/b": "b\n"])
        try workspace.run(
            "sh", "-c",
            "mkdir -p t/dir t/link2; echo n > t/dir/new; echo f > t/file; tar cf contexts/image/tree.tar -C t .")
        #expect(try digest("jail", in: workspace) == digest("shifted", in: workspace))
    }

    @Test func `images one after the other are those of fresh folders, and the cache gives them too`() throws {
        let workspace = try workspace("")
        var manifest = Self.manifest
        for (number, test) in Self.cases.prefix(3).enumerated() {
            try workspace.write("contexts/i\(number)/Dockerfile", "FROM base:1\n" + test.dockerfile)
            manifest += "  i\(number): contexts/i\(number)\n"
        }
        try workspace.write("batch.yaml", manifest)
        let together = try document("jail", in: workspace)
        let again = try document("jail", in: workspace)
        #expect(again.images.map(\.digest) == together.images.map(\.digest))
        for number in 0..<3 {
            let alone = try Program.run(
                [
                    Program.buildAll, "batch.yaml", "i\(number)", "--isolation", "jail", "--json", "--state",
                    workspace.path("alone\(number)"),
                ], in: workspace.folder)
            let document = try JSONDecoder().decode(RunDocument.self, from: Data(alone.output.utf8))
            let digest = document.images.first { $0.image == "i\(number)" }?.digest
            #expect(digest != nil)
            #expect(together.images.first { $0.image == "i\(number)" }?.digest == digest)
        }
    }

    @Test func `nothing of a step lives on`() throws {
        let marker = "9\(Int.random(in: 100_000...999_999))"
        let workspace = try workspace(
            """
            RUN (setsid sleep \(marker) &); (setsid sh -c 'trap "" TERM HUP; sleep \(marker)' &); \\
                sh -c 'setsid sh -c "sleep \(marker) & sleep \(marker) &" &'; sleep 0.2
            RUN i=0; while [ $i -lt 100 ]; do setsid sleep \(marker) & i=$((i+1)); done; echo done

            """)
        _ = try digest("jail", in: workspace)
        #expect(Shell("pgrep -f '[s]leep \(marker)'").lines == [])
    }

    @Test(arguments: ["TERM", "KILL"])
    func `nothing of a step outlives the command`(_ signal: String) throws {
        let marker = "8\(Int.random(in: 100_000...999_999))"
        let workspace = try workspace(
            "RUN (setsid sh -c 'trap \"\" TERM; sleep \(marker)' &); sleep \(marker)\n")
        let process = try Program.start(
            [
                Program.buildAll, "batch.yaml", "--isolation", "jail", "--state", workspace.path("state-jail"),
            ], in: workspace.folder)
        while Shell("pgrep -fc '[s]leep \(marker)'").lines.first.flatMap({ Int($0) }) ?? 0 < 2 { usleep(20_000) }
        Shell("kill -\(signal) \(process.pid)")
        _ = process.wait()
        // The keeper is told by the kernel that its parent is gone.
        for _ in 0..<500 where Shell("pgrep -f '[s]leep \(marker)'").status == 0 { usleep(20_000) }
        #expect(Shell("pgrep -f '[s]leep \(marker)'").lines == [])
    }

    @Test func `a secret is seen by its step and is in no layer and not in the state folder`() throws {
        let workspace = try workspace(
            """
            RUN --mount=type=secret,id=s,target=/run/secrets/s,uid=5,mode=0440 \\
                test "$(stat -c %u:%a /run/secrets/s)" = 5:440 && wc -c < /run/secrets/s > /length
            RUN test ! -e /run/secrets/s

            """)
        try workspace.write(
            "batch.yaml",
            Self.manifest.replacing("contexts/image", with: "{context: contexts/image, secrets: [{id: s, file: s}]}"))
        try workspace.write("s", "very-secret-text")
        _ = try digest("jail", in: workspace)
        #expect(Shell("grep -r very-secret '\(workspace.path("state-jail"))'").status == 1)
    }

    /// Each ends with the failure of its last command, on a step that is root.
    static let attempts = [
        "ls \"$STATE\"", "cat /proc/1/environ", "mkdir /c && chroot /c", "mknod /n c 1 3", "mount -t tmpfs none /mnt",
        "unshare -m true", "unshare -U true", "kill -0 $KEEPER", "kill -0 1",
    ]

    @Test(arguments: attempts) func `a step gets at nothing outside`(_ attempt: String) throws {
        let workspace = try workspace("RUN mkdir -p /mnt\nRUN ! (\(attempt))\n")
        let text = try String(contentsOfFile: workspace.path("contexts/image/Dockerfile"), encoding: .utf8)
        let filled = text.replacing("$STATE", with: workspace.path("state-jail")).replacing(
            "$KEEPER", with: "\(getpid())")
        try workspace.write("contexts/image/Dockerfile", filled)
        _ = try digest("jail", in: workspace)
    }

    @Test func `without a network there are no sockets but those of UNIX`() throws {
        let workspace = try workspace(
            "RUN ! wget -T 2 -O - http://127.0.0.1:1/ 2> /errors; test -s /errors\n")
        try workspace.write("batch.yaml", Self.manifest.replacing("epoch:", with: "network: none, epoch:"))
        _ = try digest("jail", in: workspace)
    }

    @Test func `a failed step leaves nothing in the way of the next build`() throws {
        let workspace = try workspace("RUN echo partial > /partial; test -e /late\n")
        #expect(try document("jail", in: workspace).images.contains { $0.status == "failed" })
        try workspace.write("contexts/image/Dockerfile", "FROM base:1\nRUN test ! -e /partial\n")
        _ = try digest("jail", in: workspace)
        #expect(try FileManager.default.contentsOfDirectory(atPath: workspace.path("state-jail/tmp")) == [])
    }
}
