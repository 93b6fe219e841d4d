import Foundation
import TestSupport
import Testing

/// ADD of what servers have, by the programs.
@Suite struct AddTests {
    private let workspace: Workspace
    private let server: FileServer

    init() throws {
        workspace = try Workspace("add")
        try workspace.write("app/local.txt", "local\n")
        try workspace.run(
            "sh", "-ec",
            """
            mkdir served out; cd served; echo file > f.txt; touch -d 2001-02-03T04:05:06Z f.txt; mkdir t; echo in > t/x
            tar -czf t.tgz --owner=7 --group=8 t; export GIT_CONFIG_GLOBAL=/dev/null
            git init -q -b main r; cd r; mkdir sub; echo top > top; echo low > sub/low; chmod 755 sub/low; git add -A
            git -c user.name=a -c user.email=a@x commit -qm one; cd ..; git clone -q --bare r r.git; git -C r.git update-server-info
            """)
        server = try FileServer(workspace.path("served"), in: workspace)
    }

    private func build(_ dockerfile: String) throws -> Outcome {
        try workspace.write("app/Dockerfile", dockerfile.replacing("URL", with: server.url))
        try workspace.write(
            "batch.yaml", "version: 1\nimages:\n  app:\n    context: app\n    outputs: [{rootfs: out/app}]\n")
        return try workspace.buildAll("batch.yaml", "--json")
    }

    private func shell(_ line: String) throws -> String { try workspace.run("sh", "-c", line).output }

    private func cachedSteps(_ outcome: Outcome) throws -> Int {
        let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
        let image = try #require((document?["images"] as? [[String: Any]])?.first)
        return try #require(image["cachedSteps"] as? Int, "\(outcome.errors)")
    }

    @Test func `files from URLs are root's alone, dated by the server, and unpacked only if asked to`() throws {
        let dockerfile = """
            FROM scratch
            ADD URL/f.txt?query local.txt /to/
            ADD --chown=5:6 --chmod=640 URL/f.txt /named
            ADD URL/t.tgz /packed/
            ADD --unpack=true URL/t.tgz /unpacked
            ADD --link URL/f.txt /linked/
            """
        let first = try build(dockerfile)
        #expect(first.exitCode == 0, "\(first.errors)")
        #expect(
            try shell("cd out/app; cat to/f.txt to/local.txt unpacked/t/x; cmp packed/t.tgz ../../served/t.tgz")
                == "file\nlocal\nin\n")
        #expect(
            try shell("cd out/app; stat -c '%a %u:%g %Y %n' to/f.txt named linked/f.txt; stat -c '%u:%g' unpacked/t/x")
                == """
                600 0:0 981173106 to/f.txt
                640 5:6 981173106 named
                600 0:0 981173106 linked/f.txt
                7:8

                """)
        let rows = try workspace.run("sqlite3", workspace.path("state/ledger.sqlite"), "SELECT * FROM materials").output
        #expect(rows.contains("/f.txt") && !rows.contains("query"))
        // Another time with the same content changes nothing.
        try workspace.run("touch", "served/f.txt")
        #expect(try cachedSteps(build(dockerfile)) == 5)
        try workspace.write("served/f.txt", "other\n")
        let other = try build(dockerfile)
        #expect(try cachedSteps(other) == 0, "\(other.output)")
    }

    @Test func `a repository gives its tree, a part of it, and its history only if asked to`() throws {
        let commit = try shell("git -C served/r rev-parse HEAD").trimmingCharacters(in: .whitespacesAndNewlines)
        let outcome = try build(
            """
            FROM scratch
            ADD URL/r.git /all
            ADD --checksum=\(commit.prefix(12)) URL/r.git#main:sub /part/
            ADD --keep-git-dir --chown=3:4 URL/r.git?branch=main /kept
            ADD --exclude=sub --link URL/r.git /less
            """)
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        let files = try shell("cd out/app; find . -path ./kept/.git -prune -o -type f -print | sort")
        #expect(
            files == "./all/sub/low\n./all/top\n./kept/sub/low\n./kept/top\n./less/top\n./part/low\n")
        #expect(try shell("cd out/app; stat -c '%a %u:%g' all/sub/low kept/top") == "755 0:0\n644 3:4\n")
        #expect(try shell("cat out/app/kept/.git/HEAD") != "")
    }

    @Test(arguments: [
        ("ADD URL/none /", "404"),
        ("ADD --checksum=sha256:\(String(repeating: "0", count: 64)) URL/f.txt /", "digest mismatch"),
        ("ADD --checksum=abcdef0 URL/r.git /", "abcdef0"), ("ADD URL/r.git#none /", "none"),
    ])
    func `what cannot be fetched is an error at the instruction`(line: String, message: String) throws {
        let outcome = try build("FROM scratch\n\(line)\n")
        #expect(outcome.exitCode == 1)
        #expect(outcome.errors.contains("Dockerfile:2"), "\(outcome.errors)")
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }
}

/// Python's server of files on a free port of 127.0.0.1, ended with the object.
private final class FileServer {
    let url: String
    private let process: ChildProcess

    init(_ folder: String, in workspace: Workspace) throws {
        let output = workspace.path("server.txt")
        process = try Program.start(
            ["python3", "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder],
            in: workspace.folder, output: output)
        var port: Substring?
        for _ in 0..<400 where port == nil {
            usleep(25_000)
            let text = try String(contentsOfFile: output, encoding: .utf8)
            port = text.split(separator: " ").drop { $0 != "port" }.dropFirst().first
        }
        url = "http://127.0.0.1:\(try #require(port))"
    }

    deinit {
        process.terminate()
        process.wait()
    }
}
