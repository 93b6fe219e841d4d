import Foundation
import TestSupport
import Testing

/// Builds in the root of a container that allows neither namespaces nor mounts nor chroot.
@Suite(.serialized, .enabled(if: ContainerReference.isPossible, "needs root, runc and the quickstart's root archive"))
struct InPlaceTests {
    private static let inPlace = ["--isolation", "inplace", "--force"]

    /// Of the container's own files.
    private static let look = "stat -c '%n %u:%g %a' / /bin /etc /tmp /kaniko /batch && ls / /etc && cat /etc/passwd"

    private func workspace(_ dockerfile: String) throws -> Workspace {
        let workspace = try Workspace("in-place")
        try workspace.writeBatch(after: ["app: contexts/app"])
        try workspace.write("contexts/app/Dockerfile", dockerfile)
        try workspace.write("secret/token", "secret")
        try #require(chmod("\(workspace.folder.path)/secret", 0o700) == 0)
        return workspace
    }

    private func box(_ workspace: Workspace, _ profile: ContainerProfile = .sixConfined) throws -> ContainerBox {
        try ContainerBox(
            profile, programs: Program.folder.path,
            mounts: [
                ContainerMount(workspace.folder.path, at: "/batch", isWritable: true),
                ContainerMount("\(workspace.folder.path)/secret", at: "/srv/deep/secret"),
            ])
    }

    private func build(_ box: ContainerBox, _ options: String...) throws -> Tool.Result {
        try box.run(
            ["/kaniko/build-all", "/batch/batch.yaml", "--json", "--progress", "plain"] + Self.inPlace + options)
    }

    private func expected(_ workspace: Workspace) throws -> [String: String] {
        try ContainerReference.digests(
            of: workspace.buildAll("batch.yaml", "--isolation", "shifted", "--json").output)
    }

    @Test func `a Dockerfile of two stages with apt-get builds, and is what root builds`()
        throws
    {
        let box = try ContainerBox(
            .sixConfined, programs: Program.folder.path,
            mounts: [ContainerMount(ContainerReference.shared().folder.path, at: ContainerReference.mount)])
        let line = ["/kaniko/build-all", "\(ContainerReference.mount)/app.yaml", "--json", "--progress", "plain"]
        let result = try box.run(line + Self.inPlace)
        try #require(result.status == 0, "\(result.errorOutput)")
        #expect(try ContainerReference.digests(of: result.output) == ContainerReference.shared().digests["app.yaml"])
        // The context's file system cannot be changed.
        #expect(result.errorOutput.contains("steps can read \(ContainerReference.mount)"))
        let rungs = try Tool.run("sqlite3", box.volume + "/ledger.sqlite", "SELECT DISTINCT isolation FROM builds")
        #expect(try rungs.checked().output == "inplace\n")
    }

    @Test(arguments: [ContainerProfile.sixConfined, .docker])
    func `stages, links, owners, deletions and caches come out as root's`(_ profile: ContainerProfile) throws {
        let workspace = try workspace(
            """
            FROM base:1 AS build
            RUN mkdir -p /a/b && echo x > /a/b/x && ln /a/b/x /a/y && chown -R 33:34 /a && (setsid sleep 1000 &)
            RUN --mount=type=cache,target=/cache rm -r /a/b && mkdir /a/b && echo 1 > /cache/f && mv /a/y /a/z
            RUN --mount=type=cache,target=/cache test "$(cat /cache/f)" = 1
            RUN --mount=type=tmpfs,target=/scratch echo > /scratch/file && mkdir /new && ln -s x /new/link \\
                && chown -h 5:6 /new/link && mkfifo /new/pipe && chmod 2750 /new && chown 7:8 /new
            FROM base:1
            COPY --from=build /a /a
            WORKDIR /work
            RUN rm -r /a/b && rmdir /home && chmod 4755 /a/z && rm -rf /root && mkdir /root && echo 2 > /root/two
            RUN mkdir -p /srv/deep && chown 7:8 /srv /srv/deep && chmod 2711 /srv && echo > /srv/file \\
                && touch -d @1000000000 /srv && stat -c %u:%g:%a:%Y /srv > /told && chmod 0555 /
            RUN chmod 000 /told && exec 3</told && chmod 604 /proc/self/fd/3 && chown 3:4 /dev/fd/3 \\
                && stat -L -c %u:%a /told /proc/self/fd/3 > /fd && stat -c %u:%g:%a / /srv /srv/deep >> /fd
            RUN chmod 2701 /srv && chown 9 /srv && stat -c %Y /srv >> /fd
            RUN --mount=type=tmpfs,target=/srv/scratch true
            RUN stat -c %a:%Y /srv >> /fd
            RUN --network=none test "$(id -u):$(stat -c %u:%g:%a /a/z)" = 0:33:34:4755
            COPY --from=build /new /new
            USER 5
            RUN id -u && echo > /tmp/five

            """)
        let box = try box(workspace, profile)
        let before = try box.run(["/bin/sh", "-c", Self.look])
        let result = try build(box)
        try #require(result.status == 0, "\(result.errorOutput)")
        #expect(try ContainerReference.digests(of: result.output) == expected(workspace))
        // Another build in the same container, which finds nothing of the first one in its way.
        let again = try build(box, "--no-cache")
        #expect(try ContainerReference.digests(of: again.output) == expected(workspace), "\(again.errorOutput)")
        let left = try box.run(["/bin/sh", "-c", Self.look])
        #expect(left.output == before.output && left.status == 0, "\(left.output)\(left.errorOutput)")
        #expect(!FileManager.default.fileExists(atPath: box.written("/a")))
    }

    /// Attacks that a plain run in the container shows to be possible there. `$pid` is a process of the container.
    private static let attacks = [
        "read credentials": "cat /kaniko/.docker/config.json",
        "open the credentials' folder": "chmod 755 /kaniko",
        "move the credentials": "mv /kaniko/.docker /kaniko/moved && mv /kaniko/moved /kaniko/.docker",
        "move all of the program": "touch /kaniko/x",
        "move what is above a mount": "mv /srv /elsewhere && mv /elsewhere /srv",
        "move what is below it": "mv /srv/deep /srv/other && mv /srv/other /srv/deep",
        "list the state": "ls /state/",
        "write to the state": "touch /state/x",
        "link into the state": "ln -s /state /s && ls /s/; x=$?; rm /s; exit $x",
        "list the contexts": "ls /batch/contexts",
        "change a context": "touch /batch/contexts/app/x",
        "run the program": "/kaniko/build-all --version",
        "read environments": "tr '\\0' '\\n' < /proc/$pid/environ | grep -q PATH",
        "read memory": "dd if=/proc/$pid/mem of=/dev/null bs=1 count=0",
        "see descriptors": "ls /proc/$pid/fd/ && readlink /proc/$pid/fd/0",
        "use the root of others": "ls /proc/$pid/root/",
        "signal": "kill -0 $pid",
        "change priorities": "renice -n 1 -p $pid",
        "become another user for files": "chown 0 /kaniko",
        "change the resolver": "echo >> /etc/resolv.conf",
        "score for the killer of memory": "echo 10 > /proc/$pid/oom_score_adj",
    ]

    @Test(arguments: attacks.keys.sorted())
    func `steps reach nothing of the container`(_ name: String) throws {
        let attack = try #require(Self.attacks[name])
        // In the build process 1 is the program, in the sibling a shell.
        let workspace = try workspace("FROM base:1\nRUN pid=1; ! ( \(attack) )\n")
        let box = try box(workspace)
        // Between fork and exec a process has no environment for a moment.
        let isThere = "n=0; until grep -q . /proc/$pid/environ || [ $n = 300 ]; do n=$((n + 1)); sleep 0.1; done"
        let before = "sleep 100 & pid=$!; echo secret > /kaniko/.docker/config.json; cd /; \(isThere)"
        let sibling = try box.run(["/bin/sh", "-c", "\(before); ( \(attack) ); x=$?; kill $!; exit $x"])
        #expect(sibling.status == 0, "\(sibling.errorOutput)")
        let result = try build(box)
        #expect(result.status == 0, "\(result.errorOutput)")
    }

    @Test(arguments: LimitAttack.all(for: "inplace").map(\.name))
    func `each is ended by its limit, and the container builds on`(_ name: String) throws {
        let attack = try #require(LimitAttack.all(for: "inplace").first { $0.name == name })
        let workspace = try workspace("FROM base:1\nRUN true\n")
        try workspace.write(attack)
        let result = try build(box(workspace))
        try workspace.check(result, after: attack)
    }

    @Test func `a step that kills all it can is over, and the build goes on`() throws {
        let workspace = try workspace(
            "FROM base:1\nRUN sh -c 'trap \"\" TERM; kill -9 -1; sleep 1000' & kill -TERM -1; true\n")
        let box = try box(workspace)
        // Which of its processes is killed first decides over the exit code.
        #expect(try [0, 1].contains(build(box).status))
        #expect(!FileManager.default.fileExists(atPath: box.written("/.build-all")))
        try workspace.write("contexts/app/Dockerfile", "FROM base:1\nRUN echo after\n")
        let after = try build(box)
        #expect(after.status == 0, "\(after.errorOutput)")
    }

    /// Sends the run a signal once a step has made `/left`; its exit code.
    private func end(_ box: ContainerBox, by signal: String) throws -> Int32 {
        let command = try box.command(["/kaniko/build-all", "/batch/batch.yaml"] + Self.inPlace)
        let null = open("/dev/null", O_RDWR)
        defer { close(null) }
        let run = try ChildProcess(command, input: null, output: null, errorOutput: null)
        while !FileManager.default.fileExists(atPath: box.written("/left")) { usleep(50_000) }
        try Tool.run("runc", "--root", box.folder.path("run"), "kill", command.last ?? "", signal).checked()
        return run.wait()
    }

    /// What is in the root then is an image's, and would be loaded by whatever is started.
    @Test func `after a kill -9 nothing is built in the container any more`() throws {
        let workspace = try workspace("FROM base:1\nRUN touch /left; sleep 1000\n")
        let box = try box(workspace)
        #expect(try end(box, by: "KILL") != 0)
        #expect(FileManager.default.fileExists(atPath: box.written("/.build-all/own/etc/passwd")))
        let result = try build(box)
        #expect(result.status != 0)
        #expect(result.errorOutput.contains("throw it away"), "\(result.errorOutput)")
    }

    /// In an image's hands they would be the container's for as long as the step runs.
    @Test(arguments: [
        "type=bind,source=file,target=/kaniko/.docker/config.json", "type=bind,source=file,target=/kaniko/ssl/certs/x",
        "type=tmpfs,target=/srv", "type=tmpfs,target=/srv/deep", "type=cache,target=/srv/deep/secret/x",
        "type=tmpfs,target=/link/secret", "type=tmpfs,target=/proc/x",
    ])
    func `nothing is mounted where the container has something`(_ mount: String) throws {
        let workspace = try workspace("FROM base:1\nRUN ln -s /srv/deep /link\nRUN --mount=\(mount) true\n")
        try workspace.write("contexts/app/file", "{}")
        let box = try box(workspace)
        let result = try build(box)
        #expect(result.status == 1)
        #expect(result.errorOutput.contains("nothing can be mounted at"), "\(result.errorOutput)")
        #expect(!FileManager.default.fileExists(atPath: box.written("/.build-all")))
    }

    @Test func `secrets are mounted, and agents where their socket can be linked`() throws {
        let workspace = try workspace(
            "FROM base:1\nRUN --mount=type=secret,id=token test \"$(cat /run/secrets/token)\" = secret\n")
        try workspace.writeBatch(after: [
            "app: {context: contexts/app, secrets: [{id: token, file: secret/token}], ssh: [{id: default, socket: agent}]}"
        ])
        let null = open("/dev/null", O_RDWR)
        let agent = try ChildProcess(
            ["ssh-agent", "-D", "-a", workspace.path("agent")], input: null, output: null, errorOutput: null)
        defer {
            agent.send(SIGTERM)
            agent.wait()
            close(null)
        }
        while !FileManager.default.fileExists(atPath: workspace.path("agent")) { usleep(20_000) }
        let box = try box(workspace)
        let result = try build(box)
        #expect(result.status == 0, "\(result.errorOutput)")
        try workspace.write("contexts/app/Dockerfile", "FROM base:1\nRUN --mount=type=ssh true\n")
        let refused = try build(box)
        #expect(refused.status == 1)
        #expect(refused.errorOutput.contains("the state folder is on another file system"), "\(refused.errorOutput)")
    }

    @Test func `a run that is told to end puts the container back`() throws {
        let workspace = try workspace("FROM base:1\nRUN touch /left; trap '' TERM; sleep 1000; sleep 1000\n")
        let box = try box(workspace)
        let before = try box.run(["/bin/sh", "-c", Self.look])
        #expect(try end(box, by: "TERM") == 143)
        #expect(!FileManager.default.fileExists(atPath: box.written("/.build-all")))
        let left = try box.run(["/bin/sh", "-c", Self.look])
        #expect(left.output == before.output && left.status == 0, "\(left.output)\(left.errorOutput)")
    }

    /// What a hostile image could have the program load, start or believe.
    @Test(arguments: [
        ("cp -r /kaniko /opt/own && /opt/own/build-all", "a folder of /"),
        ("SSL_CERT_DIR=/etc/ssl/certs /kaniko/build-all", "SSL_CERT_DIR"),
        ("env -u SSL_CERT_DIR /kaniko/build-all", "SSL_CERT_DIR"),
        ("SSL_CERT_DIR=/kaniko/../etc /kaniko/build-all", "SSL_CERT_DIR"),
        ("SSL_CERT_DIR=$SSL_CERT_DIR:/etc /kaniko/build-all", "SSL_CERT_DIR"),
        (
            "ln -s /kaniko/ssl/certs /own; env -u SSL_CERT_DIR SSL_CERT_FILE=/own/ca-certificates.crt /kaniko/build-all",
            "SSL_CERT_FILE"
        ),
    ]) func `a program that would use files of the image does not build`(_ program: String, _ reason: String) throws {
        let workspace = try workspace("FROM base:1\nRUN true\n")
        let box = try box(workspace)
        let line = "mkdir -p /opt; \(program) /batch/batch.yaml --isolation inplace --force"
        let result = try withExtendedLifetime(workspace) { try box.run(["/bin/sh", "-c", line]) }
        #expect(result.status == 3)
        #expect(result.errorOutput.contains(reason), "\(result.errorOutput)")
    }

    /// glibc looks at that file again when it has changed, and loads what it names.
    @Test func `an image's name services and preloaded libraries are not the program's`() throws {
        let workspace = try workspace(
            """
            FROM base:1
            RUN echo 'hosts: evil' >/etc/nsswitch.conf && echo /evil.so >/etc/ld.so.preload
            RUN sleep 1

            """)
        let box = try box(workspace)
        let result = try build(box)
        #expect(result.status == 0, "\(result.errorOutput)")
        #expect(!result.errorOutput.contains("preloaded"), "\(result.errorOutput)")
        #expect(try ContainerReference.digests(of: result.output) == expected(workspace))
    }

    @Test func `a step that ends with the run leaves nothing`() throws {
        let workspace = try workspace("FROM base:1\nRUN touch /left; false\n")
        let box = try box(workspace)
        let result = try build(box)
        #expect(result.status == 1)
        #expect(!FileManager.default.fileExists(atPath: box.written("/left")))
        #expect(!FileManager.default.fileExists(atPath: box.written("/.build-all")))
    }

    @Test func `files that steps could read cannot be closed, so nothing runs`() throws {
        let workspace = try workspace("FROM base:1\nRUN true\n")
        let folder = try TestFolder()
        try Data("secret".utf8).write(to: URL(filePath: folder.path("token")))
        Shell("chmod 755 '\(folder.path)'")
        let box = try ContainerBox(
            .sixConfined, programs: Program.folder.path,
            mounts: [
                ContainerMount(workspace.folder.path, at: "/batch"), ContainerMount(folder.path, at: "/secrets"),
            ])
        let result = try build(box)
        #expect(result.status == 1)
        #expect(result.errorOutput.contains("steps could read /secrets"), "\(result.errorOutput)")
    }

    @Test func `what is needed may not be where steps write`() throws {
        let workspace = try workspace("FROM base:1\nRUN true\n")
        let folder = try TestFolder()
        Shell("cd '\(folder.path)' && chmod 777 . && mkdir docker && echo '{}' >docker/config.json")
        let box = try ContainerBox(
            .sixConfined, programs: Program.folder.path,
            mounts: [
                ContainerMount(workspace.folder.path, at: "/batch"),
                ContainerMount(folder.path, at: "/tmp", isWritable: true),
            ])
        let result = try withExtendedLifetime(workspace) {
            try box.run(
                ["/kaniko/build-all", "/batch/batch.yaml"] + Self.inPlace, environment: ["DOCKER_CONFIG": "/tmp/docker"]
            )
        }
        #expect(result.status == 1)
        #expect(result.errorOutput.contains("/tmp/docker/config.json is needed, and in /tmp"), "\(result.errorOutput)")
    }

    /// Links of the container lead where they led, whatever the image has at their names.
    @Test func `contexts and results are found through links`() throws {
        let workspace = try workspace(
            """
            FROM base:1
            RUN ln -s /kaniko /ctx && ln -s /kaniko /out
            COPY file /file

            """)
        try workspace.write("contexts/app/file", "of the context\n")
        try workspace.writeBatch(after: ["app: {context: /ctx/app, outputs: [{rootfs: /out/made/tree}]}"])
        let box = try box(workspace)
        let prepare = "ln -s /batch/contexts /ctx; ln -s /batch /out; "
        let line = "\(prepare) /kaniko/build-all /batch/batch.yaml --isolation inplace --force"
        let result = try box.run(["/bin/sh", "-c", line])
        #expect(result.status == 0, "\(result.errorOutput)")
        let made = try String(contentsOfFile: "\(workspace.folder.path)/made/tree/file", encoding: .utf8)
        #expect(made == "of the context\n")
    }

    @Test func `the result of the only image may be anywhere`() throws {
        let workspace = try workspace("FROM base:1\nRUN true\n")
        try workspace.write(
            "batch.yaml", "version: 1\nimages: {base: {context: contexts/base, outputs: [{oci-archive: /made.tar}]}}\n")
        let box = try box(workspace)
        let result = try build(box)
        #expect(result.status == 0, "\(result.errorOutput)")
        let made = try Tool.run("tar", "tf", box.written("/made.tar")).checked()
        #expect(made.output.contains("oci-layout"))
    }

    @Test func `it is asked for twice`() throws {
        let workspace = try workspace("FROM base:1\nRUN true\n")
        let box = try box(workspace)
        let unforced = try box.run(["/kaniko/build-all", "/batch/batch.yaml", "--isolation", "inplace"])
        #expect(unforced.status == 2)
        #expect(unforced.errorOutput.contains("--force"))
        let unasked = try box.run(["/kaniko/build-all", "/batch/batch.yaml"])
        #expect(unasked.status == 3)
        #expect(unasked.errorOutput.contains("--isolation inplace --force"), "\(unasked.errorOutput)")
        #expect(try box.run(["/bin/sh", "-c", "test -x /bin/busybox"]).status == 0)
        let doctor = try box.run(["/kaniko/build-all", "doctor"])
        #expect(doctor.output.contains("isolation inplace: works, when asked for"), "\(doctor.output)")
        #expect(doctor.status == 3)
    }
}

extension Workspace {
    /// `base:1`, and a batch of it and these images.
    func writeBatch(after images: [String]) throws {
        try writeBase()
        let lines = [#"base: {context: contexts/base, tags: ["1"]}"#] + images
        try write(
            "batch.yaml",
            "version: 1\ndefaults: {epoch: 1700000000, outputs: []}\nimages:\n"
                + lines.map { "  \($0)\n" }.joined())
    }
}
