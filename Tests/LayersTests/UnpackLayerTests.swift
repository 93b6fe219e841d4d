import FileSystem
import Layers
import OCI
import Storage
import SystemPackage
import Testing

@Suite(.enabled(if: LayerFixture.isRoot)) struct UnpackLayerTests {
    struct Refused: CustomTestStringConvertible, Sendable {
        let members: [Member]
        let path: FileName
        let refusal: EntryRefusal

        var testDescription: String { "\(path): \(refusal)" }

        init(_ members: [Member], _ path: FileName, _ refusal: EntryRefusal) {
            self.members = members
            self.path = path
            self.refusal = refusal
        }
    }

    static let attribute = TarEntry(
        path: "f", kind: .regular, attributes: [ExtendedAttribute(name: "user.overlay.opaque", value: [121])])
    static let trusted = TarEntry(
        path: "d", kind: .directory, attributes: [ExtendedAttribute(name: "trusted.overlay.redirect", value: [47])])

    @Test(arguments: [
        Refused([file("../x")], "../x", .parentReference),
        Refused([file("a/../../x")], "a/../../x", .parentReference),
        Refused([file("/../x")], "/../x", .parentReference),
        Refused([folder("..")], "..", .parentReference),
        Refused([link("l", to: "/etc"), file("l/../../x")], "l/../../x", .parentReference),
        Refused([hardLink("h", to: "../../etc/passwd")], "h", .outsideLink),
        Refused([hardLink("h", to: "/etc/passwd")], "h", .missingLinkTarget("/etc/passwd")),
        Refused([link("l", to: "/etc"), hardLink("h", to: "l/passwd")], "h", .missingLinkTarget("l/passwd")),
        Refused([folder("d"), hardLink("h", to: "d")], "h", .directoryLink("d")),
        Refused([hardLink("h", to: "/")], "h", .directoryLink("/")),
        Refused([Member(attribute)], "f", .overlayAttribute("user.overlay.opaque")),
        Refused([Member(trusted)], "d", .overlayAttribute("trusted.overlay.redirect")),
        Refused([Member(TarEntry(path: "w", kind: .characterDevice))], "w", .whiteoutDevice),
        Refused([file(".wh.")], ".wh.", .invalidWhiteout),
        Refused([file(".wh..")], ".wh..", .invalidWhiteout),
        Refused([file("a/.wh...")], "a/.wh...", .invalidWhiteout),
        Refused([file("f"), file("f/x")], "f/x", .parentIsNoDirectory("f")),
        Refused([link("l", to: "l"), file("l/x")], "l/x", .tooManyLinks),
        Refused([link("a", to: "b"), link("b", to: "a"), file("a/x")], "a/x", .tooManyLinks),
        Refused([link(".", to: "/etc")], ".", .replacesRoot),
        Refused(
            [file(FileName([UInt8](repeating: 97, count: 33_000)))], FileName([UInt8](repeating: 97, count: 33_000)),
            .pathTooLong(limit: 32 << 10)),
    ]) func `hostile entries are refused by name and reason`(_ test: Refused) throws {
        let fixture = try LayerFixture()
        #expect(throws: LayersError.refusedEntry(test.path, test.refusal)) { try fixture.unpack(test.members) }
        #expect(Shell("cd \(fixture.scratch.path) && ls").lines == ["state", "target"])
    }

    struct Made: CustomTestStringConvertible, Sendable {
        let members: [Member]
        let kinds: [String]

        var testDescription: String { "\(members)" }

        init(_ members: [Member], _ kinds: [String]) {
            self.members = members
            self.kinds = kinds
        }
    }

    @Test(arguments: [
        Made(
            [file("/abs"), file("./rel"), file(".//x//y")],
            ["abs regular", "rel regular", "x directory", "x/y regular"]),
        Made([file("a"), folder("a"), file("a/b")], ["a directory", "a/b regular"]),
        Made([folder("a"), file("a/b"), file("a")], ["a regular"]),
        Made([folder("a"), file("a/b"), link("a", to: "c")], ["a symlink"]),
        Made([link("a", to: "/etc"), file("a")], ["a regular"]),
        Made([link("a", to: "b"), folder("a"), file("a/f")], ["a directory", "a/f regular"]),
        Made([folder("b"), link("a", to: "b"), file("a/f")], ["a symlink", "b directory", "b/f regular"]),
        Made([folder("b"), link("a", to: "/b"), file("a/f")], ["a symlink", "b directory", "b/f regular"]),
        Made(
            [folder("d"), folder("e"), link("d/a", to: "../e"), file("d/a/f")],
            ["d directory", "d/a symlink", "e directory", "e/f regular"]),
        Made([link("a", to: "../../../up"), file("a/f")], ["a symlink", "up directory", "up/f regular"]),
        Made(
            [folder("b"), link("a", to: "b"), file("a/1"), folder("a"), file("a/2")],
            ["a directory", "a/2 regular", "b directory", "b/1 regular"]),
        Made([file("f"), hardLink("f", to: "f")], ["f regular"]),
        Made([file("f"), file("g"), hardLink("g", to: "f")], ["f regular", "g regular"]),
        Made([file(".wh.gone")], ["gone characterDevice"]),
        Made([file("here"), file(".wh.here")], ["here regular"]),
        Made([file(".wh.back"), file("back")], ["back regular"]),
        Made([file("d/.wh.gone")], ["d directory", "d/gone characterDevice"]),
        Made([file(".wh..wh.plnk"), file(".wh..wh.aufs/x")], [".wh..wh.aufs directory", ".wh..wh.aufs/x regular"]),
    ]) func `later entries replace earlier ones, and links stay inside`(_ test: Made) throws {
        let fixture = try LayerFixture()
        try fixture.unpack(test.members)
        #expect(try fixture.kinds() == test.kinds)
    }

    @Test func `opaque marks are kept wherever they stand`() throws {
        let fixture = try LayerFixture()
        try fixture.unpack([
            folder("a"), file("a/.wh..wh..opq"), file("a/x"), file("b/y"), file("b/.wh..wh..opq"),
            file(".wh.c"), folder("c"), folder("d"), file(".wh.d"),
        ])
        for name in ["a", "b", "c", "d"] as [FileName] {
            let folder = try OpenFile.open(fixture.target, [.read, .directory]).open(name, [.read, .directory])
            #expect(try folder.extendedAttribute("user.overlay.opaque") == [121], "\(name)")
        }
        #expect(try fixture.kinds().contains("a/x regular"))
    }

    @Test func `paths pass through links and directories of lower layers`() throws {
        let fixture = try LayerFixture()
        try fixture.unpack(
            [file("bin/sh"), file("var/run/pid"), file("opt/x"), file("deep/er/y")],
            lowers: [
                "mkdir -p opt; chmod 750 opt; chown 7:8 opt; touch -d @1000 opt",
                "mkdir -p usr/bin run var; chmod 711 usr/bin; ln -s usr/bin bin; ln -s /run var/run",
            ])
        #expect(
            try fixture.kinds() == [
                "deep directory", "deep/er directory", "deep/er/y regular", "opt directory", "opt/x regular",
                "run directory", "run/pid regular", "usr directory", "usr/bin directory", "usr/bin/sh regular",
                "var directory",
            ])
        let root = try OpenFile.open(fixture.target, [.read, .directory])
        let opt = try root.status(of: "opt")
        #expect([UInt32(opt.permissions), opt.uid, opt.gid] == [0o750, 7, 8])
        #expect(opt.modified.seconds == 1000)
        #expect(try root.status(of: "usr/bin").permissions == 0o711)
    }

    @Test func `an own directory takes the place of a lower link that was passed`() throws {
        let fixture = try LayerFixture()
        try fixture.unpack(
            [file("bin/a"), folder("bin"), file("bin/b")], lowers: ["mkdir -p usr/bin; ln -s usr/bin bin"])
        #expect(try fixture.kinds().filter { $0.hasSuffix("regular") } == ["bin/b regular", "usr/bin/a regular"])
    }

    @Test func `what this layer hides is not seen below`() throws {
        let fixture = try LayerFixture()
        try fixture.unpack(
            [folder("a"), file("a/.wh..wh..opq"), file("a/link/x"), file(".wh.gone"), file("gone/link/y")],
            lowers: ["mkdir a gone; ln -s /b a/link; ln -s /b gone/link"])
        #expect(
            try fixture.kinds() == [
                "a directory", "a/link directory", "a/link/x regular", "gone directory", "gone/link directory",
                "gone/link/y regular",
            ])
    }

    @Test func `a hard link to a lower layer's file copies it up`() throws {
        let fixture = try LayerFixture()
        try fixture.unpack(
            [hardLink("n", to: "d/f")],
            lowers: [
                "mkdir d; echo text >d/f; chown 5:6 d/f; chmod 4711 d/f; touch -d @99 d/f; setfattr -n user.a -v 1 d/f"
            ])
        let listing = try Listing.of(fixture.target)
        #expect(listing.count == 3)
        #expect(listing[1].hasPrefix("d/f regular 4711 5:6 @99 =d/f user.a=31 5 "))
        #expect(listing[2].hasPrefix("n regular 4711 5:6 @99 =d/f"))
    }

    @Test func `setuid, owners and closed directories are exact`() throws {
        let fixture = try LayerFixture()
        var owned = file("s", "x", mode: 0o6755)
        (owned.entry.uid, owned.entry.gid) = (3_000_000, 12)
        var inside = file("closed/f", "y", mode: 0o600)
        inside.entry.modified = FileTime(seconds: 7)
        try fixture.unpack([owned, folder("closed", mode: 0o2000), inside, folder(".", mode: 0o511)])
        let lines = try fixture.listing()
        #expect(lines[0].hasPrefix("closed directory 2000 0:0"))
        #expect(lines[1].hasPrefix("closed/f regular 600 0:0"))
        #expect(lines[2].hasPrefix("s regular 6755 3000000:12"))
        #expect(try OpenFile.open(fixture.target, .pathOnly).status().permissions == 0o511)
    }

    @Test func `holes stay holes`() throws {
        let fixture = try LayerFixture()
        let path = "\(fixture.scratch.path)/sparse"
        _ = Shell("cd \(fixture.scratch.path); truncate -s 64M sparse; echo x >>sparse; tar -cSf s.tar sparse")
        try fixture.unpack(bytes: fixture.scratch.read("s.tar"))
        #expect(Shell("cmp \(path) \(fixture.target)/sparse").status == 0)
        #expect(
            Shell("du -k \(fixture.target)/sparse").output.split(separator: "\t").first.flatMap { Int($0) } ?? 99 < 64)
    }

    @Test func `limits end unpacking`() throws {
        let many = (0..<20).map { file(FileName("f\($0)"), "0123456789") }
        #expect(throws: LayersError.tooLarge(.entries, limit: 10)) {
            try LayerFixture().unpack(many, limits: UnpackLimits(entries: 10))
        }
        #expect(throws: LayersError.tooLarge(.bytes, limit: 100)) {
            try LayerFixture().unpack(many, limits: UnpackLimits(bytes: 100))
        }
        let entry = TarEntry(
            path: "f", kind: .regular,
            attributes: [ExtendedAttribute(name: "user.a", value: [UInt8](repeating: 1, count: 2000))])
        #expect(throws: LayersError.malformedArchive(.headerTooLarge(size: 2026, limit: 1000), offset: 0)) {
            try LayerFixture().unpack([Member(entry)], limits: UnpackLimits(headerBytes: 1000))
        }
    }

    @Test func `wrong digests are found`() throws {
        let fixture = try LayerFixture()
        let layer = try commitLayer(into: fixture.blobs) { writer in
            for member in [file("a", "1"), file("b", "2")] {
                try writer.add(member.entry)
                try member.content.withUnsafeBytes { try writer.addContent($0) }
            }
        }
        let other = Digest(of: [1])
        #expect(throws: LayersError.diffIDMismatch(expected: other, actual: layer.diffID)) {
            try unpackLayer(layer.descriptor, diffID: other, from: fixture.blobs, into: .init(fixture.target))
        }
        var shorter = layer.descriptor
        shorter.size -= 1
        #expect(throws: LayersError.sizeMismatch(expected: shorter.size, actual: layer.descriptor.size)) {
            try unpackLayer(
                shorter, diffID: layer.diffID, from: fixture.blobs, into: .init(fixture.scratch.makeFolder("2")))
        }
        let bytes = try Archive.bytes([file("x")])
        _ = Shell("chmod 644 \(fixture.blobs.path(of: layer.descriptor.digest))")
        let blob = try OpenFile.open(fixture.blobs.path(of: layer.descriptor.digest).string, [.write, .truncate])
        try blob.writeAll(bytes)
        let changed = Descriptor(mediaType: .layer, digest: layer.descriptor.digest, size: Int64(bytes.count))
        #expect(throws: LayersError.digestMismatch(expected: changed.digest, actual: Digest(of: bytes))) {
            try unpackLayer(
                changed, diffID: Digest(of: bytes), from: fixture.blobs, into: .init(fixture.scratch.makeFolder("3")))
        }
    }
}
