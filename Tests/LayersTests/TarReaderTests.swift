import FileSystem
import Layers
import Testing

@Suite struct TarReaderTests {
    @Test(arguments: ["v7", "oldgnu", "gnu", "ustar", "posix"])
    func `archives of GNU tar are read in every format`(format: String) throws {
        let scratch = try Scratch()
        let name = String(repeating: "n", count: 90)
        _ = Shell(
            """
            cd \(scratch.path) && mkdir -p in/dir && cd in && echo hello >dir/f && ln dir/f hard && ln -s dir/f soft
            echo long >dir/\(name) && touch -d @86400 dir/f && cd .. && tar --format=\(format) -cf a.tar -C in .
            """)
        let members = try Archive.members(scratch.read("a.tar"))
        let paths = Set(members.map(\.entry.path))
        #expect(paths.isSuperset(of: [".", "./dir", "./dir/f", "./hard", "./soft", FileName("./dir/\(name)")]))
        let linked = members.filter { ["./dir/f", "./hard"].contains($0.entry.path) }
        #expect(Set(linked.map(\.entry.kind)) == [.regular, .hardLink])
        #expect(linked.allSatisfy { $0.entry.modified.seconds == 86400 })
        #expect(members.first { $0.entry.path == "./soft" }?.entry.linkTarget == "dir/f")
    }

    @Test(arguments: ["oldgnu", "gnu", "posix"])
    func `very long names are read`(format: String) throws {
        let scratch = try Scratch()
        let part = String(repeating: "p", count: 200)
        _ = Shell(
            """
            cd \(scratch.path) && mkdir -p \(part)/\(part) && echo x >\(part)/\(part)/\(part) \
            && ln -s \(part)/\(part)/\(part) soft && tar --format=\(format) -cf a.tar \(part) soft
            """)
        let members = try Archive.members(scratch.read("a.tar"))
        #expect(members[2].entry.path == FileName("\(part)/\(part)/\(part)"))
        #expect(members[3].entry.linkTarget == FileName("\(part)/\(part)/\(part)"))
    }

    @Test(arguments: [
        "--format=oldgnu", "--format=gnu", "--sparse-version=0.0", "--sparse-version=0.1", "--sparse-version=1.0",
    ])
    func `sparse members have their full content`(option: String) throws {
        let scratch = try Scratch()
        let format = option.hasPrefix("--format") ? option : "--format=posix \(option)"
        _ = Shell(
            """
            cd \(scratch.path) && for i in $(seq 0 29); do
            printf "block$i" | dd of=s bs=1 seek=$((i * 100000)) conv=notrunc 2>/dev/null; done
            truncate -s 4000001 s; echo after >t; tar \(format) -cSf a.tar s t
            """)
        let expected = try scratch.read("s")
        #expect(expected.count == 4_000_001)
        let members = try Archive.members(scratch.read("a.tar"))
        #expect(members.map(\.entry.path) == ["s", "t"])
        #expect(members[0].content == expected)
        #expect(members[0].entry.size == 4_000_001)
        #expect(members[1].content == Array("after\n".utf8))
    }

    @Test func `big numbers in base 256 are read`() throws {
        let scratch = try Scratch()
        _ = Shell(
            """
            cd \(scratch.path) && touch -d '1950-01-01 UTC' f \
            && tar --format=gnu --owner=x:3000000 --group=y:4000000 -cf a.tar f
            """)
        let entry = try #require(Archive.members(scratch.read("a.tar")).first).entry
        #expect(entry.uid == 3_000_000)
        #expect(entry.gid == 4_000_000)
        #expect(entry.modified.seconds == -631_152_000)
    }

    @Test func `global headers hold until a local one says otherwise`() throws {
        let scratch = try Scratch()
        _ = Shell(
            """
            cd \(scratch.path) && python3 -c '
            import tarfile, io
            t = tarfile.open("a.tar", "w", format=tarfile.PAX_FORMAT, pax_headers={"uid": "77", "comment": "c"})
            a = tarfile.TarInfo("a"); t.addfile(a)
            b = tarfile.TarInfo("b"); b.pax_headers = {"uid": "88"}; t.addfile(b)
            c = tarfile.TarInfo("c"); t.addfile(c)
            t.close()'
            """)
        #expect(try Archive.members(scratch.read("a.tar")).map(\.entry.uid) == [77, 88, 77])
    }

    /// Extended headers of 50 kB each, with names of attributes that no other one has.
    private static func headers(_ count: Int, type: UInt8) throws -> [UInt8] {
        try (0..<count).flatMap { number in
            let attributes = (0..<2000).map {
                ExtendedAttribute(name: FileName("user.\(number).\($0)"), value: [])
            }
            var bytes = try Archive.bytes([Member(TarEntry(path: "f", kind: .fifo, attributes: attributes))])
            bytes[156] = type
            fixChecksum(&bytes, at: 0)
            return bytes.dropLast(3 * 512)
        }
    }

    @Test(arguments: [UInt8(ascii: "x"), UInt8(ascii: "g")])
    func `headers without end are an error, many attributes are read at once`(type: UInt8) throws {
        let end = try Archive.bytes([Member(TarEntry(path: "last", kind: .fifo))])
        let member = try #require(try Archive.members(Self.headers(15, type: type) + end).first)
        #expect(member.entry.attributes.count == 30_000)
        #expect(throws: LayersError.self) { try Archive.members(Self.headers(40, type: type) + end) }
    }

    @Test func `foreign readers read what we write`() throws {
        let scratch = try Scratch()
        var members = TarRoundTripTests.odd.filter { $0.entry.kind != .hardLink && $0.entry.path != "attributes" }
        members.append(Member(TarEntry(path: "last", kind: .hardLink, linkTarget: "su")))
        let path = try scratch.write("a.tar", Archive.bytes(members))
        let names = members.map { $0.entry.kind == .directory ? "\($0.entry.path)/" : $0.entry.path.description }
        let list = Shell("tar --quoting-style=literal --show-transformed-names -tf \(path)")
        #expect(list.status == 0)
        #expect(list.lines.count == names.count + 1)  // One name has a line break.
        let python = Shell(
            "python3 -c 'import tarfile; [print(m.mode, m.uid, m.gid, m.size, m.type.decode()) for m in tarfile.open(\"\(path)\")]'"
        )
        #expect(python.status == 0)
        #expect(python.lines.count == members.count)
        #expect(python.lines[4] == "420 3000000 4294967294 0 0")
        #expect(python.lines[3] == "3565 1000 2000 1 0")
    }

    // MARK: - Malformed streams

    private static func changed(_ change: (inout [UInt8]) -> Void, sum: Bool = true) -> [UInt8] {
        var bytes = (try? Archive.bytes([Member(TarEntry(path: "file", kind: .regular), Array("content".utf8))])) ?? []
        change(&bytes)
        if sum { fixChecksum(&bytes, at: 0) }
        return bytes
    }

    /// Makes the checksum of the header at an offset right.
    static func fixChecksum(_ bytes: inout [UInt8], at offset: Int) {
        guard bytes.count >= offset + 512 else { return }
        for place in 148..<156 { bytes[offset + place] = 32 }
        let sum = bytes.withUnsafeBytes { $0[offset..<offset + 512].reduce(0) { $0 + Int($1) } }
        let digits = Array(String(sum, radix: 8).utf8)
        for place in 0..<6 { bytes[offset + 148 + place] = 48 }
        for (place, digit) in digits.enumerated() { bytes[offset + 154 - digits.count + place] = digit }
        bytes[offset + 154] = 0
    }

    struct Damage: CustomTestStringConvertible, Sendable {
        let bytes: [UInt8]
        let problem: TarProblem
        let offset: Int64

        var testDescription: String { "\(problem)" }

        init(_ bytes: [UInt8], _ problem: TarProblem, _ offset: Int64) {
            self.bytes = bytes
            self.problem = problem
            self.offset = offset
        }
    }

    @Test(arguments: [
        Damage(changed({ $0[0] = 1 }, sum: false), TarProblem.badChecksum, 0),
        Damage(changed({ $0.removeLast($0.count - 300) }), .truncated, 300),
        Damage(changed({ $0.removeLast($0.count - 515) }), .truncated, 515),
        Damage(changed({ $0[124] = 57 }), .invalidNumber(field: "size"), 0),
        Damage(changed({ $0[100] = 120 }), .invalidNumber(field: "mode"), 0),
        Damage(changed({ for place in 124..<136 { $0[place] = 0xff } }), .outOfRange(field: "size"), 0),
        Damage(changed({ $0[108..<116] = [0x80, 0, 0, 1, 0, 0, 0, 0] }), .outOfRange(field: "uid"), 0),
        Damage(changed({ $0[156] = 90 }), .unsupportedType(90), 0),
        Damage(changed({ for place in 0..<100 { $0[place] = 0 } }), .emptyName, 0),
        Damage(changed({ $0[156] = 49 }), .emptyName, 0),
        Damage(changed({ $0[156] = 120 }), .malformedExtendedHeader, 512),
        Damage(
            changed({
                $0[156] = 76; $0.removeSubrange(1024...)
            }), .danglingExtendedHeader, 512
        ),
        Damage(changed({ $0[156] = 83 }), .malformedSparseMap, 0),
        Damage(
            changed({
                $0.replaceSubrange(
                    1024...,
                    with: [UInt8](repeating: 0, count: 512) + [1]
                        + [UInt8](repeating: 0, count: 511))
            }), .loneZeroBlock, 1536
        ),
    ]) func `malformed streams end in an error with the offset`(_ damage: Damage) {
        #expect(throws: LayersError.malformedArchive(damage.problem, offset: damage.offset)) {
            try Archive.members(damage.bytes)
        }
    }

    @Test(arguments: [
        "path=a\u{0}b", "SCHILY.xattr.=x", "SCHILY.xattr.user.\u{0}=x", "size=-1", "size=99999999999999999999", "uid=x",
        "mtime=1.2.3", "mtime=", "uid=4294967295", "GNU.sparse.size=x", "GNU.sparse.map=1,",
        "linkpath", "=x",
    ]) func `odd PAX records are an error or ignored, never a crash`(text: String) throws {
        let body = Array(text.utf8) + [10]
        let record = Array("\(body.count + 3) ".utf8) + body
        var header = try Archive.bytes([Member(TarEntry(path: "x", kind: .regular), record)]).prefix(1024).map { $0 }
        header[156] = 120
        Self.fixChecksum(&header, at: 0)
        let bytes = header + (try Archive.bytes([Member(TarEntry(path: "f", kind: .regular))]))
        if text == "mtime=" {
            #expect(try Archive.members(bytes).count == 1)
        } else {
            #expect(throws: LayersError.self) { try Archive.members(bytes) }
        }
    }
}
