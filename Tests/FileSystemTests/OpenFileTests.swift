import FileSystem
import Glibc
import TestSupport
import Testing

@Suite struct OpenFileTests {
    let scratch: TestFolder
    let folder: OpenFile

    init() throws {
        scratch = try TestFolder()
        folder = try scratch.open()
    }

    @Test func `an error says the call, the path and the reason`() throws {
        let error = #expect(throws: SystemError.self) { try folder.open("absent", .read) }
        #expect(error?.description == "openat absent: No such file or directory")
        #expect(error?.isNotFound == true)
    }

    @Test func `names of any bytes come back as they were`() throws {
        let names = [FileName([0xff, 0xfe]), FileName("a\nb"), FileName("é"), FileName([1, 0x7f, 0x80])]
        for name in names { try folder.make(name) }
        #expect(try folder.entries().map(\.name).sorted() == names.sorted())
        #expect(try folder.entries().allSatisfy { $0.kind == .regular })
    }

    @Test func `a name of 255 bytes is listed, and one of 256 is refused`() throws {
        let longest = FileName(String(repeating: "n", count: 255))
        try folder.make(longest)
        #expect(try folder.entries().map(\.name) == [longest])
        let error = #expect(throws: SystemError.self) { try folder.make(FileName(String(repeating: "n", count: 256))) }
        #expect(error?.code == ENAMETOOLONG)
    }

    @Test(arguments: ["/in/file", "../../in/file", "up/file", "absolute", "in/out/../../../in/file"])
    func `absolute links and dots stay inside a root`(path: String) throws {
        try folder.makeDirectory("in")
        try folder.open("in", [.read, .directory]).make("file", "inside")
        try folder.makeSymlink("up", target: "../../../in")
        try folder.makeSymlink("absolute", target: "/in/file")
        try folder.open("in", [.read, .directory]).makeSymlink("out", target: "/in")
        let text = try folder.openInRoot(FileName(path), .read).readAll(limit: 100)
        #expect(text == Array("inside".utf8))
    }

    @Test(arguments: ["../x", "/etc/passwd", "absolute", "up/x", "in/../../x"])
    func `a way out from below a directory is refused`(path: String) throws {
        try folder.makeDirectory("in")
        try folder.makeSymlink("absolute", target: "/etc/passwd")
        try folder.makeSymlink("up", target: "..")
        let error = #expect(throws: SystemError.self) { try folder.openBeneath(FileName(path), .read) }
        #expect(error?.code == EXDEV)
    }

    @Test func `a path without links is opened, one with a link is not`() throws {
        try folder.makeDirectory("real")
        try folder.open("real", [.read, .directory]).make("file")
        try folder.makeSymlink("link", target: "real")
        _ = try folder.openWithoutLinks("real/file", .read)
        let error = #expect(throws: SystemError.self) { try folder.openWithoutLinks("link/file", .read) }
        #expect(error?.code == ELOOP)
    }

    @Test func `a rename replaces only when told to, and an exchange keeps both`() throws {
        try folder.make("a", "1")
        try folder.make("b", "2")
        let error = #expect(throws: SystemError.self) { try folder.rename("a", to: "b", in: folder, replacing: false) }
        #expect(error?.isExisting == true)
        try folder.exchange("a", with: "b", in: folder)
        #expect(try folder.text("a") == "2")
        try folder.rename("a", to: "b", in: folder)
        #expect(try folder.text("b") == "2")
        #expect(try folder.statusIfPresent(of: "a") == nil)
    }

    @Test func `a lock keeps others out until it is let go`() throws {
        try folder.make("lock")
        let first = try folder.open("lock", .readWrite)
        let second = try folder.open("lock", .readWrite)
        #expect(try first.lock(waiting: false))
        #expect(try !second.lock(waiting: false))
        #expect(try !second.lock(.shared, waiting: false))
        try first.unlock()
        #expect(try second.lock(.shared, waiting: false))
        #expect(try first.lock(.shared, waiting: false))
    }

    @Test func `a directory can be locked`() throws {
        #expect(try folder.lock(waiting: false))
        #expect(try !scratch.open().lock(waiting: false))
    }
}

@Suite struct ContentTests {
    let scratch: TestFolder
    let folder: OpenFile

    init() throws {
        scratch = try TestFolder()
        folder = try scratch.open()
    }

    @Test func `content beyond the limit is not read`() throws {
        try folder.make("f", "12345")
        #expect(try folder.open("f", .read).readAll(limit: 5) == Array("12345".utf8))
        #expect(try folder.open("f", .read).readAll(limit: 4) == nil)
    }

    @Test(arguments: ["/tmp", "/dev/shm"])
    func `content is copied within a file system and across`(parent: String) throws {
        let elsewhere = try TestFolder(in: parent)
        let text = String(repeating: "0123456789abcdef", count: 60_000)
        try folder.make("f", text)
        let copy = try elsewhere.open().make("copy")
        try folder.open("f", .read).copyContent(to: copy)
        #expect(try elsewhere.open().text("copy") == text)
    }

    @Test func `a copy begins where the source stands`() throws {
        let file = try folder.make("f", "abcdef")
        let copy = try folder.make("copy", "x")
        let start = try folder.open("f", .read)
        var two: [UInt8] = [0, 0]
        #expect(try two.withUnsafeMutableBytes { try start.read(into: $0) } == 2)
        try start.copyContent(to: copy)
        #expect(try folder.text("copy") == "xcdef")
        #expect(try file.status().size == 6)
    }

    @Test func `a file without a name gets one when it is complete`() throws {
        let file = try folder.open(".", [.readWrite, .unnamed], mode: 0o600)
        try file.writeAll(Array("text".utf8))
        #expect(try folder.entries().isEmpty)
        try folder.makeHardLink("named", to: file)
        #expect(try folder.text("named") == "text")
    }
}
