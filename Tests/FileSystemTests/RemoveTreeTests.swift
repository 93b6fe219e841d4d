import FileSystem
import Glibc
import TestSupport
import Testing

@Suite struct RemoveTreeTests {
    let scratch: TestFolder
    let folder: OpenFile

    init() throws {
        // Memory: a disk takes a millisecond to forget a file.
        scratch = try TestFolder(in: "/dev/shm")
        folder = try scratch.open()
    }

    @Test func `a tree of all kinds goes, and nothing that its links point at`() throws {
        try folder.make("kept", "text")
        try folder.makeDirectory("tree")
        let tree = try folder.open("tree", [.read, .directory])
        try tree.make("file")
        try tree.makeSymlink("out", target: "../kept")
        try tree.makeSymlink("up", target: "..")
        try tree.makeNode("fifo", kind: .fifo, mode: 0o600)
        try tree.makeDirectory("sub")
        try tree.open("sub", [.read, .directory]).makeDirectory("empty")
        try folder.removeTree("tree")
        #expect(try folder.entries().map(\.name) == ["kept"])
    }

    @Test func `what is absent is no error, and a file is removed too`() throws {
        try folder.removeTree("absent")
        try folder.make("f")
        try folder.removeTree("f")
        #expect(try folder.entries().isEmpty)
    }

    @Test func `several may remove one tree at once`() async throws {
        for _ in 0..<20 {
            try folder.makeDirectory("tree")
            let tree = try folder.open("tree", [.read, .directory])
            for number in 0..<20 {
                try tree.makeDirectory(FileName("d\(number)"))
                let inner = try tree.open(FileName("d\(number)"), [.read, .directory])
                for file in 0..<20 { try inner.make(FileName("f\(file)")) }
            }
            try await withThrowingTaskGroup(of: Void.self) { [folder] group in
                for _ in 0..<3 { group.addTask { try folder.removeTree("tree") } }
                try await group.waitForAll()
            }
            #expect(try folder.entries().isEmpty)
        }
    }

    /// Deeper than a path can say and than there are descriptors.
    @Test func `depth is no limit`() throws {
        var place = folder
        for _ in 0..<5000 {
            try place.makeDirectory("deep")
            place = try place.open("deep", [.read, .directory])
            try place.make("file")
        }
        try folder.removeTree("deep")
        #expect(try folder.entries().isEmpty)
    }

    @Test func `directories without permissions go`() throws {
        try folder.makeDirectory("closed")
        let closed = try folder.open("closed", [.read, .directory])
        try closed.makeDirectory("inner")
        try closed.open("inner", [.read, .directory]).make("file")
        try closed.open("inner", .pathOnly).setPermissions(0)
        try closed.setPermissions(0)
        try folder.removeTree("closed")
        #expect(try folder.entries().isEmpty)
    }

    @Test func `a wide directory goes`() throws {
        try folder.makeDirectory("wide")
        let wide = try folder.open("wide", [.read, .directory])
        for number in 0..<20_000 { try wide.makeSymlink(FileName("entry \(number)"), target: "x") }
        #expect(try wide.entries().count == 20_000)
        try folder.removeTree("wide")
        #expect(try folder.entries().isEmpty)
    }
}
