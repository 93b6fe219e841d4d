import FileSystem
import Layers
import Testing

@Suite(.enabled(if: LayerFixture.isRoot)) struct ExtractArchiveTests {
    /// Extracts members into a folder that a script has filled.
    private func extract(_ members: [Member], over script: String, owner: FileOwner? = nil) throws -> [String] {
        let fixture = try LayerFixture()
        _ = Shell("cd \(fixture.target) && umask 022 && \(script)")
        let path = try fixture.scratch.write("a.tar", Archive.bytes(members))
        try extractArchive(
            .open(path, .read), into: .open(fixture.target, [.read, .directory]), owner: owner)
        return try fixture.listing()
    }

    @Test func `whoever does not want it any more is asked before each piece`() throws {
        let fixture = try LayerFixture()
        let path = try fixture.scratch.write("a.tar", Archive.bytes([file("f", "1")]))
        #expect(throws: CancellationError.self) {
            try extractArchive(.open(path, .read), into: .open(fixture.target, [.read, .directory])) {
                throw CancellationError()
            }
        }
        #expect(try fixture.listing() == [])
    }

    @Test func `what is there is replaced or merged`() throws {
        let lines = try extract(
            [
                file("dir", "f"), folder("file"), link("other", to: "x"), file("link", "n"),
                folder("kept", mode: 0o700), file("kept/new", "2"), folder("linked"), file("linked/f"),
            ],
            over: "mkdir -p dir/in kept other linkedto; touch file kept/old; ln -s kept link; ln -s linkedto linked")
        #expect(
            lines.map { $0.split(separator: " ").prefix(3).joined(separator: " ") } == [
                "dir regular 644", "file directory 755", "kept directory 700", "kept/new regular 644",
                "kept/old regular 644",
                "link regular 644", "linked directory 755", "linked/f regular 644", "linkedto directory 755",
                "other symlink 777",
            ])
    }

    @Test func `links that were there lead entries inside the destination only`() throws {
        let lines = try extract([file("l/f", "x")], over: "mkdir etc; ln -s /etc l")
        #expect(lines.map { $0.split(separator: " ")[0] } == ["etc", "etc/f", "l"])
    }

    @Test func `the owner may be given`() throws {
        var member = file("a/f", "x", mode: 0o4755)
        member.entry.uid = 5
        let lines = try extract(
            [member, folder("d"), link("l", to: "x"), file(".wh.name")], over: "mkdir a",
            owner: FileOwner(uid: 7, gid: 8))
        #expect(
            lines.map { $0.split(separator: " ").prefix(4).joined(separator: " ") } == [
                ".wh.name regular 644 7:8", "a directory 755 0:0", "a/f regular 4755 7:8", "d directory 755 7:8",
                "l symlink 777 7:8",
            ])
    }

    @Test func `a setgid directory does not give its group`() throws {
        let lines = try extract([file("g/f")], over: "mkdir g; chown 0:9 g; chmod 2755 g")
        #expect(lines.map { $0.split(separator: " ")[3] } == ["0:9", "0:0"])
    }

    @Test(arguments: [
        ("tar", "cat", ArchiveKind.tar), ("gz", "gzip", .gzip), ("bz2", "bzip2", .bzip2), ("xz", "xz", .xz),
        ("zst", "zstd -q", .zstd),
    ]) func `archives are known by content and unpacked`(suffix: String, packer: String, kind: ArchiveKind) throws {
        let fixture = try LayerFixture()
        let made = Shell(
            "cd \(fixture.scratch.path) && mkdir in && seq 1 300000 >in/numbers && tar -C in -c . | \(packer) >a.\(suffix)"
        )
        #expect(made.status == 0)
        let archive = try OpenFile.open("\(fixture.scratch.path)/a.\(suffix)", .read)
        #expect(try archiveKind(of: archive) == kind)
        try extractArchive(archive, into: .open(fixture.target, [.read, .directory]))
        #expect(Shell("diff -r \(fixture.scratch.path)/in \(fixture.target)").output == "")
    }

    @Test(arguments: [
        "", "text", "echo x | gzip", "head -c 2000 /dev/zero", "head -c 2000 /dev/urandom", "echo BZh91AY",
    ])
    func `other files are no archives`(maker: String) throws {
        let scratch = try Scratch()
        _ = Shell("{ \(maker.isEmpty ? "true" : maker); } >\(scratch.path)/f")
        #expect(try archiveKind(of: .open("\(scratch.path)/f", .read)) == nil)
    }
}
