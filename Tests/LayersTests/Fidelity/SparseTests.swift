import FileSystem
import Layers
import Testing

@Suite(.enabled(if: OverlayStep.isPossible)) struct SparseTests {
    /// Stored bytes in KiB, as du counts them.
    private static func stored(_ path: String) -> Int {
        Shell("du -k \(path)").output.split(separator: "\t").first.flatMap { Int($0) } ?? .max
    }

    /// Where data begins and ends, in KiB.
    private static func map(_ path: String) throws -> [Range<Int64>] {
        let file = try OpenFile.open(path, .read)
        let size = try file.status().size
        var position: Int64 = 0
        var map: [Range<Int64>] = []
        while position < size, let stored = try file.nextStored(from: position) {
            map.append(stored.lowerBound >> 10..<min(stored.upperBound, size) >> 10)
            position = stored.upperBound
        }
        return map
    }

    static let shapes: [(name: String, script: String, map: [Range<Int64>])] = [
        (
            "at its start",
            "truncate -s 1M f; dd if=/dev/zero bs=4k count=16 | tr '\\0' x | dd of=f bs=64k iflag=fullblock oflag=append conv=notrunc",
            [1024..<1088]
        ),
        ("at its end", "dd if=/dev/zero bs=4k count=16 | tr '\\0' x >f; truncate -s 1M f", [0..<64]),
        (
            "in the middle",
            "dd if=/dev/zero bs=64k count=2 | tr '\\0' x >f; fallocate -p -o 65536 -l 65536 f; "
                + "dd if=/dev/urandom of=f bs=64k count=1 seek=2 conv=notrunc", [0..<64, 128..<192]
        ),
        ("everywhere", "truncate -s 3M f", []),
    ]

    @Test(arguments: shapes.indices)
    func `holes are zeros in the layer and holes in the store`(index: Int) throws {
        let shape = Self.shapes[index]
        let stack = try LayerStack()
        try stack.run("(\(shape.script)) 2>&1")
        #expect(try Self.map("\(stack.top)/f") == shape.map)
        #expect(Self.stored("\(stack.top)/f") <= 192)
        #expect(Shell("cmp \(stack.scratch.path)/upper0/f \(stack.top)/f").status == 0)
        let size = try OpenFile.open("\(stack.top)/f", .read).status().size
        let listing = Shell("tar -tvf \(try stack.tarFile()); tar -xOf \(try stack.tarFile()) f | wc -c")
        #expect(listing.lines.last == "\(size)")
        #expect(listing.output.contains(" \(size) "))
    }

    @Test func `a file of zeros that were written takes no room in the store, a short run stays written`() throws {
        let stack = try LayerStack()
        try stack.run(
            """
            dd if=/dev/zero of=zeros bs=64k count=32 2>/dev/null
            { echo a; dd if=/dev/zero bs=4k count=4 2>/dev/null; echo b; } >short
            """)
        #expect(Self.stored("\(stack.top)/zeros") == 0)
        #expect(Self.stored("\(stack.top)/short") == 20)
    }

    @Test func `a sparse file is copied up with its holes by a link to it`() throws {
        let fixture = try LayerFixture()
        try fixture.unpack([hardLink("n", to: "f")], lowers: ["truncate -s 4M f; echo x >>f; truncate -s 8M f"])
        #expect(try Self.map("\(fixture.target)/n") == [4096..<4100])
        #expect(Shell("cmp \(fixture.scratch.path)/lower0/f \(fixture.target)/n").status == 0)
    }

    @Test func `a huge sparse file is read without reading its holes`() throws {
        let stack = try LayerStack()
        try stack.run("truncate -s 1G f; echo end >>f")
        #expect(Self.stored("\(stack.top)/f") <= 8)
        #expect(try OpenFile.open("\(stack.top)/f", .read).status().size == 1 << 30 + 4)
    }
}
