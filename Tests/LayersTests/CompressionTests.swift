import FileSystem
import Glibc
import Layers
import Testing

@Suite struct CompressionTests {
    private static let packers: [(kind: ArchiveKind, command: String)] = [
        (.gzip, "gzip -1"), (.bzip2, "bzip2 -1"), (.xz, "xz -0"), (.zstd, "zstd -q -1"),
    ]

    /// What `archiveKind` and the reader make of packed bytes: the content of the one member.
    private func read(_ bytes: [UInt8], _ kind: ArchiveKind) throws -> [UInt8] {
        let scratch = try Scratch()
        let path = try scratch.write("a", bytes)
        try extractArchive(
            .open(path, .read), kind: kind, into: .open(scratch.makeFolder("out"), [.read, .directory]),
            owner: FileOwner(uid: geteuid(), gid: getegid()))
        return try OpenFile.open("\(scratch.path)/out/f", .read).readAll(limit: 1 << 26) ?? []
    }

    private func pack(_ bytes: [UInt8], _ command: String) throws -> [UInt8] {
        let scratch = try Scratch()
        _ = try scratch.write("a", bytes)
        #expect(Shell("\(command) <\(scratch.path)/a >\(scratch.path)/b").status == 0)
        return try scratch.read("b")
    }

    @Test(arguments: packers.indices) func `several members are one stream`(index: Int) throws {
        let (kind, command) = Self.packers[index]
        let content = LayerWriterTests.noise(2_000_000)
        let tar = try Archive.bytes([Member(TarEntry(path: "f", kind: .regular), content)])
        for place in [100, 1_500_000] {
            let packed = try pack(Array(tar[..<place]), command) + pack(Array(tar[place...]), command)
            #expect(try read(packed, kind) == content)
        }
    }

    @Test(arguments: packers.indices) func `a stream that ends in the middle is an error`(index: Int) throws {
        let (kind, command) = Self.packers[index]
        let tar = try Archive.bytes([Member(TarEntry(path: "f", kind: .regular), LayerWriterTests.noise(300_000))])
        let packed = try pack(tar, command)
        for count in [packed.count - 1, packed.count - 9, packed.count / 2, 12] {
            #expect(throws: LayersError.malformedCompression(kind, reason: "it ends in the middle")) {
                try read(Array(packed[..<count]), kind)
            }
        }
    }

    @Test(arguments: packers.indices) func `bytes after the end are an error`(index: Int) throws {
        let (kind, command) = Self.packers[index]
        let tar = try Archive.bytes([Member(TarEntry(path: "f", kind: .regular), LayerWriterTests.noise(3000))])
        let packed = try pack(tar, command)
        #expect(throws: LayersError.self) { try read(packed + Array("garbage".utf8), kind) }
    }

    @Test(arguments: packers.indices) func `flipped bits are an error`(index: Int) throws {
        let (kind, command) = Self.packers[index]
        let tar = try Archive.bytes([Member(TarEntry(path: "f", kind: .regular), LayerWriterTests.noise(200_000))])
        // zstd has a checksum only where it is asked for one.
        let packed = try pack(tar, kind == .zstd ? command + " --check" : command)
        for place in stride(from: packed.count / 3, to: packed.count - 100, by: packed.count / 7) {
            var damaged = packed
            damaged[place] ^= 0x10
            #expect(throws: LayersError.self) { try read(damaged, kind) }
        }
    }

    @Test func `our own members and foreign streams are both read`() throws {
        let content = LayerWriterTests.noise(5_000_000)
        let tar = try Archive.bytes([Member(TarEntry(path: "f", kind: .regular), content)])
        for command in ["gzip -6", "gzip -9", "gzip --rsyncable"] {
            #expect(try read(pack(tar, command), .gzip) == content)
        }
    }
}
