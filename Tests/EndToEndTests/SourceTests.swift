import Foundation
import TestSupport
import Testing

/// What builds take from outside: URLs, repositories, archives, layouts, secrets, agents.
@Suite struct SourceTests {
    /// A batch of `base` (a busybox) and `app`, whose files are in `app.root` when it is built.
    private func workspace(_ dockerfile: String, fields: String = "") throws -> Workspace {
        let workspace = try Workspace("sources")
        try workspace.writeBusybox("base")
        try workspace.write("base/Dockerfile", Workspace.busyboxDockerfile)
        try workspace.write("app/Dockerfile", dockerfile)
        try workspace.write(
            "batch.yaml",
            """
            version: 1
            images:
              base: base
              app:
                context: app
                outputs: [{ rootfs: app.root }, { oci: app.oci }]
            \(fields.split(separator: "\n").map { "    \($0)\n" }.joined())
            """)
        return workspace
    }

    private func build(_ workspace: Workspace, environment: [String: String] = [:]) throws -> RunDocument.Image {
        _ = try? workspace.run("rm", "-rf", "app.root")
        let outcome = try workspace.buildAll("batch.yaml", "--json", environment: environment)
        try #require(outcome.exitCode == 0, "\(outcome.errors)")
        let run = try JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8))
        return try #require(run.images.last)
    }

    // MARK: URLs

    @Test func `ADD of a URL makes a file with the server's time, and asks again without a second download`() throws {
        let text = Mutable("one")
        let server = WebServer { request, _ in
            let tag = "\"\(text.value)\""
            let headers = ["Last-Modified": "Sat, 21 Nov 2026 00:00:00 GMT", "ETag": tag]
            return request.headers["if-none-match"] == tag
                ? WebServer.Reply(304, headers: headers) : WebServer.Reply(headers: headers, text.value)
        }
        let workspace = try workspace("FROM scratch\nADD \(server.url("/dir/file.txt?x=1")) /in/\n")
        #expect(try build(workspace).status == "built")
        let stat = try workspace.run("stat", "-c", "%a %Y %u:%g", "app.root/in/file.txt").lines
        #expect(stat[0].hasPrefix("600 1795219200"))
        #expect(try workspace.run("cat", "app.root/in/file.txt").output == "one")
        let again = try build(workspace)
        #expect(again.status == "fresh")
        #expect(again.cachedSteps == again.steps)
        #expect(server.requests.count == 2)
        text.value = "two"
        #expect(try build(workspace).status == "built")
        #expect(try workspace.run("cat", "app.root/in/file.txt").output == "two")
    }

    @Test func `a checksum is verified, and spares the request`() throws {
        let server = WebServer { _, _ in WebServer.Reply("hello") }
        let sum = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        let workspace = try workspace("FROM scratch\nADD --checksum=sha256:\(sum) \(server.url("/f")) /f\n")
        _ = try build(workspace)
        _ = try build(workspace)
        #expect(server.requests.count == 1)
        let wrong = String(sum.reversed())
        try workspace.write("app/Dockerfile", "FROM scratch\nADD --checksum=sha256:\(wrong) \(server.url("/f")) /f\n")
        let outcome = try workspace.buildAll("batch.yaml")
        #expect(outcome.exitCode == 1)
        #expect(
            outcome.errors.contains("digest mismatch: it is sha256:\(sum), not sha256:\(wrong)"), "\(outcome.errors)")
        #expect(outcome.errors.contains("app/Dockerfile:2"), "\(outcome.errors)")
    }

    @Test func `a file that is not there is the image's fault, a server that fails is not`() throws {
        let server = WebServer { request, _ in
            WebServer.Reply(request.path == "/none" ? 404 : 503, headers: ["Retry-After": "0"])
        }
        for (path, code, status) in [("/none", 1, 404), ("/busy", 4, 503)] as [(String, Int32, Int)] {
            let workspace = try workspace("FROM scratch\nADD \(server.url(path)) /f\n")
            let outcome = try workspace.buildAll("batch.yaml")
            #expect(outcome.exitCode == code, "\(outcome.errors)")
            #expect(outcome.errors.contains("\(server.url(path)): HTTP \(status)"), "\(outcome.errors)")
        }
    }

    // MARK: Repositories, archives, layouts

    private static let history = """
        new a; mkdir sub; echo one > sub/f; printf '#!/bin/sh\\n' > run; chmod +x run; commit one; git tag -a v1 -m v1
        echo two > sub/f; commit two; publish a
        """

    @Test func `ADD and named contexts take trees of repositories`() throws {
        let server = try GitServer(Self.history)
        let remote = "git://127.0.0.1:\(server.port)/a.git"
        let workspace = try workspace(
            """
            FROM scratch
            ADD \(remote)#v1:sub /tag/
            ADD --keep-git-dir=true \(remote)#main /whole/
            COPY --from=code /sub /context/

            """, fields: "contexts:\n  code: \(remote.replacing("git://", with: "\"git://"))#v1\"")
        _ = try build(workspace)
        #expect(
            try workspace.run("cat", "app.root/tag/f", "app.root/whole/sub/f", "app.root/context/f").output
                == "one\ntwo\none\n")
        #expect(try workspace.run("ls", "-A", "app.root/tag", "app.root/whole").lines.contains(".git"))
        #expect(try workspace.run("stat", "-c", "%a", "app.root/whole/run", "app.root/tag/f").lines == ["755", "644"])
        #expect(try build(workspace).status == "fresh")
        server.change("a", "echo three > sub/f; commit three")
        #expect(try build(workspace).status == "built")
        #expect(try workspace.run("cat", "app.root/tag/f", "app.root/whole/sub/f").output == "one\nthree\n")
    }

    @Test func `a Dockerfile cannot reach a repository of this machine`() throws {
        let server = try GitServer(Self.history)
        let workspace = try workspace("FROM scratch\nADD file://\(server.folder.path)/a.git /x\n")
        #expect(try workspace.buildAll("batch.yaml").exitCode == 1)
        let allowed = try self.workspace(
            "FROM scratch\nCOPY --from=code /sub/f /f\n",
            fields: "contexts:\n  code: \"file://\(server.folder.path)/a.git#v1\"")
        _ = try build(allowed)
        #expect(try allowed.run("cat", "app.root/f").output == "one\n")
    }

    @Test func `archives and layouts are contexts, an image of a layout is a base`() throws {
        let folder = try TestFolder()
        Shell("cd \(folder.path); mkdir d; echo x > d/f; tar czf a.tar.gz d")
        let archive = try [UInt8](Data(contentsOf: URL(filePath: folder.path("a.tar.gz"))))
        let server = WebServer { request, _ in WebServer.Reply.file(archive, to: request, headers: ["ETag": "\"1\""]) }
        let workspace = try workspace("FROM scratch\nCOPY Dockerfile /from-layout\n")
        _ = try build(workspace)
        try workspace.run("mv", "app.oci", "layout")
        try workspace.write(
            "app/Dockerfile",
            """
            FROM os
            COPY --from=files /d/f /f
            COPY --from=os /from-layout /copied
            COPY --from=nothing . /nothing/

            """)
        try workspace.write(
            "batch.yaml",
            """
            version: 1
            images:
              app:
                context: app
                outputs: [{ rootfs: app.root }]
                contexts: { os: "oci-layout://layout:latest", files: "\(server.url("/a.tar.gz"))", nothing: "docker-image://scratch" }
            """)
        _ = try build(workspace)
        #expect(try workspace.run("ls", "app.root").lines.sorted() == ["copied", "f", "from-layout", "nothing"])
        #expect(try workspace.run("cat", "app.root/f").output == "x\n")
    }

    // MARK: Secrets and agents

    @Test func `a secret is in the step and in nothing else`() throws {
        let secret = "hunter2-\(UUID().uuidString)"
        let other = "token-\(UUID().uuidString)"
        let workspace = try workspace(
            """
            FROM base
            RUN --mount=type=secret,id=file --mount=type=secret,id=TOKEN,env=TOKEN,required=true \\
                test "$(cat /run/secrets/file)" = "\(String(secret.reversed()))" -o -s /run/secrets/file && \\
                echo "length ${#TOKEN}" > /length && echo "it is $(cat /run/secrets/file) $TOKEN" && \\
                base64 /run/secrets/file && stat -c '%a %u' /run/secrets/file > /stat
            RUN [ ! -e /run/secrets ] && [ -z "$TOKEN" ]
            RUN --mount=type=secret,id=absent [ ! -e /run/secrets/absent ]

            """, fields: "secrets: [TOKEN, { id: file, file: secret.txt }]")
        try workspace.write("secret.txt", secret)
        let environment = ["TOKEN": other]
        let outcome = try workspace.buildAll("batch.yaml", "--progress", "plain", environment: environment)
        try #require(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(try workspace.run("cat", "app.root/length").output == "length \(other.count)\n")
        #expect(try workspace.run("cat", "app.root/stat").output == "400 0\n")
        let json = try workspace.buildAll("batch.yaml", "--json", environment: environment)
        let history = try workspace.buildAll("history", "show", "app")
        let logs = try workspace.buildAll("history", "logs", "app")
        try workspace.run("rm", "secret.txt")
        // Layers and blobs of the store, unpacked.
        try workspace.run(
            "sh", "-c", "mkdir blobs; for f in state/blobs/sha256/*; do zcat -f $f > blobs/$(basename $f); done")
        for text in [secret, other] {
            let data = Data(text.utf8)
            let forms = [
                text, data.base64EncodedString().filter { $0 != "=" }, data.map { String(format: "%02x", $0) }.joined(),
                data.map { String(format: "%02X", $0) }.joined(),
            ]
            for form in forms {
                // The last characters of base64 hang on what follows.
                let found = Shell("cd \(workspace.folder.path); grep -rlaF -- '\(form.dropLast(2))' . 2>/dev/null")
                    .output
                #expect(found == "", "\(form) is in \(found)")
                for shown in [outcome, json, history, logs] {
                    #expect(!shown.output.contains(form.dropLast(2)) && !shown.errors.contains(form.dropLast(2)))
                }
            }
        }
    }

    @Test func `a secret's value does not decide whether a step is cached`() throws {
        let workspace = try workspace(
            "FROM base\nRUN --mount=type=secret,id=TOKEN cat /run/secrets/TOKEN > /dev/null\n",
            fields: "secrets: [TOKEN]")
        _ = try build(workspace, environment: ["TOKEN": "one"])
        #expect(try build(workspace, environment: ["TOKEN": "two"]).status == "fresh")
    }

    @Test
    func `a required secret that is not listed fails at its step, a file that is missing before anything is built`()
        throws
    {
        let workspace = try workspace("FROM base\nRUN --mount=type=secret,id=x,required=true true\n")
        let outcome = try workspace.buildAll("batch.yaml")
        #expect(outcome.exitCode == 1)
        #expect(outcome.errors.contains("app/Dockerfile:2"), "\(outcome.errors)")
        #expect(outcome.errors.contains("secret x: not found"))
        let missing = try self.workspace("FROM base\n", fields: "secrets: [{ id: x, file: no-such-file }]")
        let refused = try missing.buildAll("batch.yaml")
        #expect(refused.exitCode == 2)
        #expect(
            refused.errors.contains("batch.yaml:7:15: secret \"x\": \(missing.path("no-such-file")) does not exist"),
            "\(refused.errors)")
        #expect(!FileManager.default.fileExists(atPath: missing.state))
    }

    @Test func `an agent of keys lists and signs in a step, and is gone with the run`() throws {
        let workspace = try workspace(
            """
            FROM base
            COPY agent-client /
            RUN --mount=type=ssh /agent-client "$SSH_AUTH_SOCK" > /answer && stat -c %a "$SSH_AUTH_SOCK" > /mode
            RUN [ -z "$SSH_AUTH_SOCK" ] && [ ! -e /run/buildkit ]

            """, fields: "ssh: [{ id: default, keys: [key] }]")
        try workspace.write("client.c", Self.client)
        try workspace.run("gcc", "-static", "-O1", "-o", "app/agent-client", "client.c")
        try workspace.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "comment", "-f", "key")
        _ = try build(workspace)
        // SSH_AGENT_IDENTITIES_ANSWER with one key; SSH_AGENT_FAILURE for "remove all".
        #expect(try workspace.run("cat", "app.root/answer").output == "12 1\n5\n")
        #expect(try workspace.run("cat", "app.root/mode").output == "600\n")
        #expect(Shell("ps -eo args | grep -F '\(workspace.folder.path)' | grep ssh-agent | grep -v grep").output == "")
        #expect(Shell("ls \(workspace.state)/tmp").output == "")
    }

    /// Asks an agent for its keys, and to remove them all: prints the type of each answer, and how many keys there are.
    private static let client = """
        #include <stdio.h>
        #include <string.h>
        #include <sys/socket.h>
        #include <sys/un.h>
        #include <unistd.h>
        static int ask(int fd, unsigned char type, unsigned char *answer) {
            unsigned char request[5] = {0, 0, 0, 1, type};
            if (write(fd, request, 5) != 5 || read(fd, answer, 4) != 4) return -1;
            size_t size = answer[2] << 8 | answer[3], have = 0;
            while (have < size) { ssize_t n = read(fd, answer + have, size - have); if (n <= 0) return -1; have += n; }
            return answer[0];
        }
        int main(int argc, char **argv) {
            struct sockaddr_un address = {.sun_family = AF_UNIX};
            unsigned char answer[65536];
            strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
            int fd = socket(AF_UNIX, SOCK_STREAM, 0);
            if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) { perror("connect"); return 1; }
            int first = ask(fd, 11, answer);
            printf("%d %d\\n", first, answer[4]);
            printf("%d\\n", ask(fd, 19, answer));
            return 0;
        }

        """
}

/// A value that a test changes while a server's threads read it.
private final class Mutable: @unchecked Sendable {
    // Safe because all access is under the lock.
    private let lock = NSLock()
    private var text: String

    init(_ text: String) { self.text = text }

    var value: String {
        get { lock.withLock { text } }
        set { lock.withLock { text = newValue } }
    }
}
