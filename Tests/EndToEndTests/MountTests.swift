import Foundation
import TestSupport
import Testing

/// RUN --mount with the real program, also as an ordinary user.
@Suite struct MountTests {
    @Test func `files of the context are seen as COPY would copy them, and cannot be written`() throws {
        let folder = try MountWorkspace("bind")
        try folder.workspace.write("app/one", "one\n", mode: 0o640)
        try folder.workspace.write("app/sub/two", "two\n")
        try folder.workspace.write("app/sub/hidden", "hidden\n")
        try folder.workspace.write("app/.dockerignore", "**/hidden\n")
        try folder.write([
            "app": """
            WORKDIR /work
            RUN --mount=target=/src --mount=source=sub/two,target=rel/file --mount=source=/sub,dst=/w,rw \\
                ls /src /src/sub /w > /list; stat -c '%a %u:%g' /src /src/one > /stat; cat /src/one rel/file > /content; \\
                touch /src/new 2> /error; echo changed > /w/two && touch /w/new && cat /w/two > /written
            RUN --mount=source=sub,target=/w cat /w/two > /again; ls / > /root
            """
        ])
        try folder.keepBase()
        let run = try folder.build([])
        #expect(run.errors == "")
        #expect(
            try folder.lines("list")
                == ["/src:", "Dockerfile", "one", "sub", "", "/src/sub:", "two", "", "/w:", "two"]
                .filter { !$0.isEmpty })
        #expect(try folder.lines("stat") == ["755 0:0", "640 0:0"])
        #expect(try folder.lines("content") == ["one", "two"])
        #expect(try folder.lines("error").first?.hasSuffix("Read-only file system") == true)
        #expect(try folder.lines("written") == ["changed"])
        #expect(try folder.lines("again") == ["two"])
        #expect(try !folder.lines("root").contains("src"))
        let made: Set = ["work", "list", "stat", "content", "error", "written", "again", "root"]
        #expect(try folder.added() == made)
    }

    @Test func `stages and images are seen with all their layers`() throws {
        let folder = try MountWorkspace("bind-stage")
        try folder.workspace.write(
            "app/Dockerfile",
            """
            FROM base AS tools
            RUN mkdir /opt && echo 1 > /opt/a && echo 1 > /opt/gone && chown 7:8 /opt/a
            RUN echo 2 > /opt/a && rm /opt/gone
            FROM base
            RUN --mount=from=tools,source=/opt,target=/mnt/tools --mount=from=base,target=/image \\
                --mount=from=scratch,target=/empty \\
                ls /mnt/tools > /list; cat /mnt/tools/a >> /list; stat -c '%u:%g' /mnt/tools/a >> /list; \\
                ls /image/bin/busybox >> /list; ls -A /empty >> /list

            """)
        try folder.workspace.write(
            "batch.yaml",
            "version: 1\nimages:\n  base: base\n  app: {context: app, outputs: [{rootfs: out/app}]}\n")
        let run = try folder.build([])
        #expect(run.errors == "")
        #expect(try folder.lines("list") == ["a", "2", "7:8", "/image/bin/busybox"])
    }

    @Test func `a step is cached exactly while what it mounts is the same`() throws {
        let folder = try MountWorkspace("mount-key")
        try folder.workspace.write("app/in/a", "1")
        try folder.workspace.write("app/out", "1")
        try folder.workspace.write("secret", "first value")
        func cached(_ options: String) throws -> Bool {
            let lines =
                "RUN --mount=source=in,target=/in --mount=type=cache,target=/c --mount=type=secret,id=s\(options) true"
            let run = try folder.build(["app": lines], options: "secrets: [{id: s, file: secret}]")
            #expect(run.errors == "")
            let app = try run.image("app")
            return app.cachedSteps == app.steps
        }
        #expect(try !cached(""))
        #expect(try cached(""))
        try folder.workspace.write("app/out", "2")
        try folder.workspace.write("secret", "second value")
        #expect(try cached(""))
        try folder.workspace.write("app/in/a", "2")
        #expect(try !cached(""))
        #expect(try !cached(",mode=0444"))
        #expect(try !cached(",target=/other"))
        #expect(try cached(""))
    }

    @Test func `memory, scripts and mounts in mounts leave nothing in the image`() throws {
        let folder = try MountWorkspace("tmpfs")
        try folder.workspace.write("app/f", "f\n")
        try folder.write([
            "app": """
            RUN --mount=type=cache,target=/a/b/cache --mount=type=tmpfs,target=/a,size=64k --mount=target=/a/src \\
                --mount=type=tmpfs,target=/bin/x ls /a /a/b > /list; \\
                dd if=/dev/zero of=/a/big bs=1k count=128 2>&1 | grep -c 'No space' >> /list; echo own > /bin/own
            RUN <<EOF
            #!/bin/busybox sh
            echo "$0" > /script
            EOF
            """
        ])
        try folder.keepBase()
        let run = try folder.build([])
        #expect(run.errors == "")
        #expect(try folder.lines("list") == ["/a:", "b", "src", "/a/b:", "cache", "1"])
        #expect(try folder.lines("script") == ["/dev/pipes/EOF"])
        #expect(try folder.added() == ["list", "script", "bin/own"])
    }

    @Test(arguments: [
        ("--mount=source=nope,target=/x", "\"/nope\": not found"),
        ("--mount=from=base,source=nope,target=/x", "open what is mounted at /x from nope: No such file or directory"),
        ("--mount=type=tmpfs,target=/bin/busybox", "mount at /bin/busybox: Not a directory"),
        ("--mount=type=tmpfs,target=.", "invalid mount target \"/\""),
        ("--mount=type=secret,id=none,required", "secret none: not found"),
        ("--mount=type=ssh,id=none,required", "ssh none: not found"),
        ("--network=host", "RUN --network=host is refused: \"entitlements: [network.host]\""),
        ("--security=insecure", "RUN --security=insecure is refused"), ("--device=x.org/y,required", "device x.org/y"),
    ])
    func `what cannot be mounted or given is an error at its line`(flag: String, message: String) throws {
        let folder = try MountWorkspace("mount-error")
        let run = try folder.build(["app": "RUN \(flag) true"])
        let error = try #require(try run.image("app").error)
        #expect(error.message.contains(message), "\(error.message)")
        #expect(error.message.contains(">>> RUN \(flag)"))
        #expect(["dockerfile", "context"].contains(error.class))
    }

    @Test func `what is not there and not required is left out`() throws {
        let folder = try MountWorkspace("optional")
        let run = try folder.build([
            "app": """
            RUN --mount=type=secret,id=none --mount=type=secret,id=none,env=TOKEN --mount=type=ssh --device=x.org/y \\
                ls /run > /list 2>&1; echo "${TOKEN-unset}" >> /list
            """
        ])
        #expect(run.errors == "")
        #expect(try folder.lines("list").last == "unset")
        #expect(try folder.lines("list").count == 2)
    }

    @Test func `the host's network is there for who may have it`() throws {
        let folder = try MountWorkspace("entitled")
        let run = try folder.build(
            ["app": "RUN --network=host ls /sys/class/net; echo yes > /yes"], options: "entitlements: [network.host]")
        #expect(run.errors == "")
        #expect(try folder.lines("yes") == ["yes"])
    }

    @Test(.enabled(if: MountWorkspace.hasCompiler)) func `an agent answers a step's user`() throws {
        let folder = try MountWorkspace("ssh")
        try folder.workspace.write("client.c", Self.agentClient)
        try folder.workspace.run("gcc", "-static", "-O1", "-o", "base/client", folder.workspace.path("client.c"))
        try folder.workspace.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder.workspace.path("key"))
        let base = try String(contentsOfFile: folder.workspace.path("base/Dockerfile"), encoding: .utf8)
        try folder.workspace.write("base/Dockerfile", base + "COPY client /bin/client\nRUN mkdir -m 777 /w\n")
        let run = try folder.build(
            [
                "app": """
                RUN --mount=type=ssh,required echo $SSH_AUTH_SOCK > /w/root && client >> /w/root
                USER 1000:1001
                RUN --mount=type=ssh,uid=1000 stat -c '%a %u' $SSH_AUTH_SOCK > /w/user; client >> /w/user
                RUN --mount=type=ssh,target=/x client > /w/other || true
                """
            ], options: "ssh: [{id: default, keys: [key]}]")
        #expect(run.errors == "")
        #expect(try folder.lines("w/root") == ["/run/buildkit/ssh_agent.0", "answer 12 with 1 keys"])
        #expect(try folder.lines("w/user") == ["600 1000", "answer 12 with 1 keys"])
        #expect(try folder.lines("w/other") == [])
    }

    /// Asks the agent for its keys (SSH_AGENTC_REQUEST_IDENTITIES, draft-ietf-sshm-ssh-agent).
    private static let agentClient = """
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/socket.h>
        #include <sys/un.h>
        #include <unistd.h>
        int main(void) {
            struct sockaddr_un address = {.sun_family = AF_UNIX};
            unsigned char answer[9];
            strncpy(address.sun_path, getenv("SSH_AUTH_SOCK"), sizeof address.sun_path - 1);
            int fd = socket(AF_UNIX, SOCK_STREAM, 0);
            if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) return 1;
            if (write(fd, "\\0\\0\\0\\1\\13", 5) != 5 || recv(fd, answer, 9, MSG_WAITALL) != 9) return 1;
            printf("answer %d with %d keys\\n", answer[4], answer[8]);
            return 0;
        }

        """
}
