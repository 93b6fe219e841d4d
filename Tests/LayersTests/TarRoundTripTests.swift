import FileSystem
import Layers
import Testing

@Suite struct TarRoundTripTests {
    static let odd: [Member] = [
        Member(TarEntry(path: "a", kind: .regular), Array("content".utf8)),
        Member(TarEntry(path: "empty", kind: .regular, permissions: 0)),
        Member(TarEntry(path: "dir", kind: .directory, permissions: 0o1777)),
        Member(TarEntry(path: "su", kind: .regular, permissions: 0o6755, uid: 1000, gid: 2000), [1]),
        Member(TarEntry(path: "big ids", kind: .regular, uid: 3_000_000, gid: 4_294_967_294)),
        Member(TarEntry(path: "last octal id", kind: .regular, uid: 2_097_151, gid: 2_097_152)),
        Member(TarEntry(path: "link", kind: .symlink, linkTarget: FileName([UInt8](repeating: 97, count: 101)))),
        Member(TarEntry(path: "link2", kind: .symlink, linkTarget: "../ä")),
        Member(TarEntry(path: "hard", kind: .hardLink, linkTarget: "dir/with space")),
        Member(TarEntry(path: "null", kind: .characterDevice, deviceMajor: 1, deviceMinor: 3)),
        Member(TarEntry(path: "disk", kind: .blockDevice, deviceMajor: 4095, deviceMinor: 1_048_575)),
        Member(TarEntry(path: "pipe", kind: .fifo)),
        Member(TarEntry(path: "new\nline", kind: .regular)),
        Member(TarEntry(path: FileName([0xff, 0xfe, 0x80]), kind: .regular), [0xff]),
        Member(TarEntry(path: "e\u{301}", kind: .regular)),
        Member(TarEntry(path: "\u{e9}", kind: .regular)),
        Member(
            TarEntry(
                path: "attributes", kind: .regular,
                attributes: [
                    ExtendedAttribute(name: "security.capability", value: [1, 0, 0, 2, 0, 10, 61, 0]),
                    ExtendedAttribute(name: "user.x", value: []),
                    ExtendedAttribute(name: "user.y", value: [UInt8](repeating: 7, count: 60_000)),
                ])),
    ]

    @Test func `what is written is read back`() throws {
        #expect(try Archive.members(Archive.bytes(Self.odd)) == Self.odd)
    }

    @Test func `the same members give the same bytes`() throws {
        #expect(try Archive.bytes(Self.odd) == Archive.bytes(Self.odd))
    }

    @Test(arguments: [1, 99, 100, 101, 154, 155, 156, 157, 254, 255, 256, 257, 300, 4000])
    func `paths of every length are exact`(length: Int) throws {
        for slash in [1, length / 2, length - 2, length - 100, length - 101, length - 102, 155, 156, 0] {
            var path = [UInt8](repeating: 120, count: length)
            if slash > 0, slash < length - 1 { path[slash] = 47 }
            for kind in [TarEntry.Kind.regular, .directory] {
                let member = Member(TarEntry(path: FileName(path), kind: kind))
                #expect(try Archive.members(Archive.bytes([member])) == [member])
            }
        }
    }

    @Test(arguments: [
        FileTime(seconds: 0), FileTime(seconds: -1), FileTime(seconds: -14_182_940), FileTime(seconds: 4_102_444_800),
        FileTime(seconds: (1 << 33) - 1), FileTime(seconds: 1 << 33), FileTime(seconds: 1 << 40),
        FileTime(seconds: 1, nanoseconds: 500_000_000), FileTime(seconds: 1, nanoseconds: 1),
        FileTime(seconds: -1, nanoseconds: 999_999_999), FileTime(seconds: -2, nanoseconds: 250_000_000),
    ])
    func `times are exact`(time: FileTime) throws {
        let member = Member(TarEntry(path: "t", kind: .regular, modified: time))
        #expect(try Archive.members(Archive.bytes([member])) == [member])
    }

    @Test(arguments: [0, 1, 511, 512, 513, 70_000])
    func `content is filled up to whole blocks`(size: Int) throws {
        let member = Member(TarEntry(path: "c", kind: .regular), (0..<size).map { UInt8(truncatingIfNeeded: $0) })
        let bytes = try Archive.bytes([member, member])
        #expect(bytes.count.isMultiple(of: 512))
        #expect(try Archive.members(bytes) == [member, member])
    }

    @Test func `an entry that ustar holds has no PAX header`() throws {
        let plain = TarEntry(path: "plain", kind: .regular, permissions: 0o7777, uid: 2_097_151, gid: 2_097_151)
        #expect(try Archive.bytes([Member(plain)]).count == 3 * 512)
    }

    @Test func `a size of eight GiB and more has a PAX header`() throws {
        for (size, hasHeader) in [(Int64(1) << 33, true), ((1 << 33) - 1, false)] {
            let sink = MemorySink()
            var writer = TarWriter(to: sink)
            try writer.add(TarEntry(path: "huge", kind: .regular, size: size))
            #expect((sink.bytes.count > 512) == hasHeader)
            var reader = TarReader(MemorySource(sink.bytes))
            #expect(try reader.next()?.size == size)
        }
    }

    @Test func `content must have the size that was said`() throws {
        var writer = TarWriter(to: MemorySink())
        try writer.add(TarEntry(path: "f", kind: .regular, size: 3))
        #expect(throws: LayersError.changedWhileRead("f", expected: 3, found: 0)) { try writer.finish() }
        #expect(throws: LayersError.changedWhileRead("f", expected: 3, found: 4)) {
            try [UInt8](repeating: 0, count: 4).withUnsafeBytes { try writer.addContent($0) }
        }
    }

    @Test func `an attribute name with an equals sign cannot be written`() throws {
        var writer = TarWriter(to: MemorySink())
        let attributes = [ExtendedAttribute(name: "user.a=b", value: [])]
        #expect(throws: LayersError.self) {
            try writer.add(TarEntry(path: "f", kind: .regular, attributes: attributes))
        }
    }
}
