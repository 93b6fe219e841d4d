import Foundation
import Testing

/// COPY and ADD by the programs: what needs a stage below, a cache, an ignore file, or an error's place.
@Suite struct CopyTests {
    private let workspace: Workspace

    init() throws {
        workspace = try Workspace("copy")
        try workspace.write("app/dir/a.txt", "a\n")
        try workspace.write("app/dir/sub/b.txt", "b\n", mode: 0o600)
        try workspace.write("app/dir/sub/c.md", "c\n")
        try workspace.writeBusybox("app")
    }

    /// One image for each Dockerfile, all in one run; each context is `app`.
    private func build(_ dockerfiles: [String: String], _ arguments: String...) throws -> Outcome {
        var manifest = "version: 1\nimages:\n"
        for (name, text) in dockerfiles.sorted(by: { $0.key < $1.key }) {
            try workspace.write("app/Dockerfile.\(name)", text)
            manifest += "  \(name):\n    context: app\n    dockerfile: Dockerfile.\(name)\n"
            manifest += "    outputs: [{rootfs: out/\(name)}]\n"
        }
        try workspace.write("batch.yaml", manifest)
        try FileManager.default.createDirectory(
            at: workspace.folder.appending(path: "out"), withIntermediateDirectories: true)
        return try Program.run(
            [Program.buildAll, "batch.yaml", "--state", workspace.state] + arguments, in: workspace.folder)
    }

    private func images(_ outcome: Outcome) throws -> [String: [String: Any]] {
        let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
        let images = try #require(document?["images"] as? [[String: Any]])
        return Dictionary(uniqueKeysWithValues: images.map { ("\($0["image"] ?? "")", $0) })
    }

    /// What a shell line says in the outputs' folder.
    private func shell(_ line: String) throws -> String {
        try workspace.run("sh", "-c", "cd out; \(line)").output
    }

    @Test func `heredocs are files, expanded unless quoted, behind the paths`() throws {
        let outcome = try build([
            "several": """
            FROM scratch
            ARG who=me
            COPY --chown=1:2 <<one <<"two" dir/a.txt /to/
            hello $who \\$who
            one
            raw $who
            two
            """,
            "single": "FROM scratch\nCOPY --chmod=750 <<-X /p/q\n\t\ttabs\n\tX\nADD <<Y /y/\nY\n",
        ])
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(try shell("cd several/to; cat one two a.txt") == "hello me $who\nraw $who\na\n")
        #expect(try shell("stat -c '%n %a %u:%g %Y' several/to/one") == "several/to/one 644 1:2 0\n")
        #expect(try shell("cat single/p/q; stat -c '%a %s' single/p/q single/y/Y") == "tabs\n750 5\n644 0\n")
    }

    private static let linked = """
        FROM scratch
        COPY busybox /bin/busybox
        RUN ["/bin/busybox", "sh", "-c", "/bin/busybox mkdir -m 700 /real /kept && /bin/busybox ln -s real /link"]

        """

    @Test func `a linked copy replaces links, follows none, and does not depend on what is below`() throws {
        let copies = "COPY --link dir/a.txt /link/x/\nCOPY --link --chown=5:6 dir /kept\nCOPY dir/a.txt /link/plain\n"
        let first = try build(["app": Self.linked + copies], "--json")
        #expect(first.exitCode == 0, "\(first.errors)")
        #expect(
            try shell("cd app; stat -c '%n %F %a %u:%g' link link/x/a.txt kept kept/sub/b.txt; ls real link") == """
                link directory 755 0:0
                link/x/a.txt regular file 644 0:0
                kept directory 755 5:6
                kept/sub/b.txt regular file 600 5:6
                link:
                plain
                x

                real:

                """)
        let other = Self.linked.replacing("/kept", with: "/kept /more")
        let second = try build(["app": other + copies], "--json")
        // The first copy, and the two linked ones; RUN and what is not linked depend on each other.
        #expect(try images(second)["app"]?["cachedSteps"] as? Int == 3)
    }

    @Test func `paths are kept from the pivot on, and patterns leave out`() throws {
        let outcome = try build([
            "app": """
            FROM scratch AS base
            COPY --parents --exclude=**/*.md dir /all/
            COPY --parents ./dir/./**/*.txt /some
            FROM scratch
            COPY --from=base --parents /all/dir/sub /x/
            COPY --from=base --exclude=sub /all/dir /y/
            COPY --link --exclude=* --exclude=!sub/*.md dir /z/
            COPY --from=base some /some
            """
        ])
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(
            try shell("cd app; find . -type f | sort").split(separator: "\n") == [
                "./some/a.txt", "./some/sub/b.txt", "./x/all/dir/sub/b.txt", "./y/a.txt", "./z/sub/c.md",
            ])
    }

    @Test func `an archive is unpacked over what is there, or not at all`() throws {
        try workspace.run(
            "sh", "-c",
            "mkdir -p t/d && echo new > t/d/f && ln -s f t/d/l && tar -C t --owner=7 --group=8 -czf app/t.tgz d")
        let outcome = try build([
            "app": """
            FROM scratch
            COPY dir/a.txt /to/d/f
            ADD t.tgz /to
            ADD --unpack=false t.tgz /kept.tgz
            ADD --link --chown=1 t.tgz /linked
            ADD --unpack=true dir/a.txt /plain
            """
        ])
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(try shell("cd app; cat to/d/f plain; cmp kept.tgz ../../app/t.tgz") == "new\na\n")
        #expect(
            try shell("cd app; stat -c '%F %u:%g' to/d/f to/d/l linked/d/f")
                == "regular file 7:8\nsymbolic link 7:8\nregular file 1:1\n")
    }

    @Test func `what cannot be copied is an error at the instruction`() throws {
        try workspace.write("app/.dockerignore", "hidden\n")
        try workspace.write("app/hidden", "")
        let cases: [(name: String, dockerfile: String, message: String)] = [
            ("missing", "FROM scratch\nCOPY nope /\n", "\"/nope\": not found"),
            ("ignored", "FROM scratch\nCOPY hidden /\n", "\"/hidden\": not found: the ignore file excludes it"),
            ("parents", "FROM scratch\nCOPY --parents dir/./no /\n", "\"/dir/./no\": not found"),
            ("names", "FROM scratch\nCOPY --link --chown=me dir /\n", "invalid user index: -1"),
            ("exclude", "FROM scratch\nCOPY --exclude=[ dir /\n", "in pattern: ["),
            ("checksum", "FROM scratch\nADD --checksum=sha256:00 dir /\n", "checksum requires HTTP(S) or Git sources"),
            ("url", "FROM scratch\nCOPY https://host/x /\n", "source can't be a URL for COPY"),
        ]
        let outcome = try build(
            Dictionary(uniqueKeysWithValues: cases.map { ($0.name, $0.dockerfile) }), "--json")
        let images = try images(outcome)
        for test in cases {
            let error = try #require(images[test.name]?["error"] as? [String: Any], "\(test.name) was built")
            let message = try #require(error["message"] as? String)
            #expect(message.contains("Dockerfile.\(test.name):2"))
            #expect(message.contains(test.message))
        }
    }

    @Test(arguments: [("# check=experimental=CopyIgnoredFile\n", true), ("", false)])
    func `the linter tells of ignored sources if it is asked to`(directive: String, isTold: Bool) throws {
        try workspace.write("app/.dockerignore", "dir/sub\n!dir/sub/c.md\n")
        let outcome = try build(["app": directive + "FROM scratch\nCOPY dir/sub /\n"])
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        let message = "Attempting to Copy file \"dir/sub\" that is excluded by .dockerignore"
        #expect(outcome.errors.contains(message) == isTold)
        #expect(try shell("ls app") == "c.md\n")
    }

    @Test func `files that are linked are another layer than copies of each other`() throws {
        let dockerfile = ["app": "FROM scratch\nCOPY dir /to\nWORKDIR /w\n"]
        #expect(try build(dockerfile).exitCode == 0)
        try workspace.run("sh", "-c", "cd app/dir && cp -p a.txt copy.txt")
        #expect(try build(dockerfile).exitCode == 0)
        try workspace.run("sh", "-c", "cd app/dir && ln -f a.txt copy.txt")
        let third = try build(dockerfile, "--json")
        #expect(try images(third)["app"]?["cachedSteps"] as? Int == 0)
        #expect(try shell("stat -c %h app/to/a.txt") == "2\n")
    }

    @Test func `building again from nothing gives the same layers`() throws {
        let dockerfile = [
            "app": "FROM scratch\nWORKDIR /w/x\nCOPY dir ./y/z/\nCOPY <<E /e\nE\nADD --link dir/a.txt /l/\n"
        ]
        func layers() throws -> String {
            let outcome = try build(dockerfile, "--json")
            return try #require(images(outcome)["app"]?["rootfsDigest"] as? String, "\(outcome.errors)")
        }
        let first = try layers()
        try workspace.run("rm", "-rf", "state", "out")
        #expect(try layers() == first)
    }
}
