import FileSystem
import Glibc
import TestSupport
import Testing

@Suite struct MetadataTests {
    let scratch: TestFolder
    let folder: OpenFile

    init() throws {
        scratch = try TestFolder()
        folder = try scratch.open()
    }

    @Test(arguments: [
        FileTime(seconds: 0, nanoseconds: 1), FileTime(seconds: -86_400, nanoseconds: 999_999_999),
        FileTime(seconds: 4_102_444_800, nanoseconds: 123_456_789), FileTime(seconds: 1_700_000_000),
    ])
    func `times are kept to the nanosecond, before 1970 and after 2038`(time: FileTime) throws {
        try folder.make("f")
        try folder.setTimes(of: "f", modified: time)
        #expect(try folder.status(of: "f").modified == time)
        try folder.makeSymlink("link", target: "absent")
        try folder.open("link", [.pathOnly, .noFollow]).setTimes(modified: time)
        #expect(try folder.status(of: "link").modified == time)
    }

    @Test func `kinds, bits and links are told`() throws {
        let file = try folder.make("f", "abc")
        try file.setPermissions(0o6751)
        try folder.makeHardLink("again", to: "f", in: folder)
        let status = try folder.status(of: "f")
        #expect(status.kind == .regular && status.permissions == 0o6751 && status.size == 3 && status.linkCount == 2)
        #expect(try folder.status(of: "again").inode == status.inode)
        try folder.makeNode("fifo", kind: .fifo, mode: 0o600)
        try folder.makeNode("socket", kind: .socket, mode: 0o600)
        try folder.makeDirectory("d")
        try folder.makeSymlink("link", target: FileName([0xff, 0x2f, 0xfe]))
        #expect(try folder.readLink("link") == FileName([0xff, 0x2f, 0xfe]))
        let kinds = Dictionary(uniqueKeysWithValues: try folder.entries().map { ($0.name, $0.kind) })
        let expected: [FileName: FileKind?] = [
            "f": .regular, "again": .regular, "fifo": .fifo, "socket": .socket, "d": .directory, "link": .symlink,
        ]
        #expect(kinds == expected)
        for (name, kind) in expected { #expect(try folder.status(of: name).kind == kind) }
    }

    @Test func `permissions can be set through a handle`() throws {
        try folder.make("f")
        try folder.open("f", .pathOnly).setPermissions(0o400)
        #expect(try folder.status(of: "f").permissions == 0o400)
    }

    @Test func `a link gets a second name by its handle`() throws {
        try folder.makeSymlink("link", target: "absent")
        let handle = try folder.open("link", [.pathOnly, .noFollow])
        try folder.makeHardLink("again", to: handle)
        #expect(try folder.readLink("again") == "absent")
        #expect(try folder.status(of: "again").linkCount == 2)
    }

    @Test(arguments: [OpenFile.Flags.read, .pathOnly])
    func `extended attributes of any bytes are kept`(flags: OpenFile.Flags) throws {
        try folder.make("f")
        let file = try folder.open("f", flags)
        let value: [UInt8] = [0, 255, 10]
        let large = [UInt8](repeating: 7, count: 2000)
        try file.setExtendedAttribute("user.a", value)
        try file.setExtendedAttribute("user.large", large)
        try file.setExtendedAttribute("user.empty", [])
        #expect(try file.extendedAttribute("user.a") == value)
        #expect(try file.extendedAttribute("user.large") == large)
        #expect(try file.extendedAttribute("user.empty") == [])
        #expect(try file.extendedAttribute("user.absent") == nil)
        #expect(try file.extendedAttributeNames().sorted() == ["user.a", "user.empty", "user.large"])
        try file.removeExtendedAttribute("user.a")
        #expect(try file.extendedAttributeNames().count == 2)
    }

    @Test(.enabled(if: Privilege.isRoot)) func `root sets owners, also of links, and makes devices`() throws {
        try folder.makeSymlink("link", target: "absent")
        try folder.setOwner(of: "link", uid: 12, gid: 34)
        #expect(try folder.status(of: "link").uid == 12)
        try folder.open("link", [.pathOnly, .noFollow]).setOwner(uid: 56, gid: 70_000)
        #expect(try folder.status(of: "link").gid == 70_000)
        try folder.makeNode("null", kind: .characterDevice, mode: 0o666, major: 1, minor: 300)
        let status = try folder.status(of: "null")
        #expect(status.kind == .characterDevice && status.deviceMajor == 1 && status.deviceMinor == 300)
    }
}
