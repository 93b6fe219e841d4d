import FileSystem
import Layers
import OCI
import Synchronization
import Testing

@Suite struct LayerWriterTests {
    /// Bytes that compress to about a half, from a small generator.
    static func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var state = seed
        return (0..<count).map { place in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return place & 8 == 0 ? UInt8(truncatingIfNeeded: state >> 56) : 7
        }
    }

    private func pack(
        _ bytes: [UInt8], _ compression: LayerCompression = .gzip, threads: Int?, pieces: Int
    ) throws -> ([UInt8], LayerWriter.Result) {
        let output = Mutex<[UInt8]>([])
        let writer = LayerWriter(compression: compression, threads: threads) { part in output.withLock { $0 += part } }
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            try writer.write(Array(bytes[start..<min(start + pieces, bytes.count)]))
        }
        let result = try writer.finish()
        return (output.withLock { $0 }, result)
    }

    @Test(
        arguments: [0, 1, 1000, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 2 << 20, 9_000_000],
        LayerCompression.Method.allCases)
    func `the result depends on the bytes alone`(size: Int, method: LayerCompression.Method) throws {
        let compression = try #require(LayerCompression(method))
        let bytes = Self.noise(size)
        let (one, first) = try pack(bytes, compression, threads: 1, pieces: 1 << 22)
        let (two, second) = try pack(bytes, compression, threads: 2, pieces: 10_007)
        let (many, third) = try pack(bytes, compression, threads: 7, pieces: 300_000)
        #expect(one == two)
        #expect(one == many)
        #expect(first == second)
        #expect(first == third)
        #expect(first.diffID == Digest(of: bytes))
        #expect(first.digest == Digest(of: one))
        #expect(first.size == one.count)
        #expect(first.uncompressedSize == size)
    }

    @Test func `gzip reads the members`() throws {
        let scratch = try Scratch()
        let bytes = Self.noise(3_500_000)
        let path = try scratch.write("x.gz", pack(bytes, threads: 2, pieces: 1 << 20).0)
        #expect(Shell("gzip -t \(path)").status == 0)
        #expect(Shell("gzip -dc \(path) | sha256sum").output.hasPrefix(Digest(of: bytes).hex))
    }

    @Test(arguments: [1, 3, 19, 22]) func `zstd reads the frames`(level: Int) throws {
        let scratch = try Scratch()
        let bytes = Self.noise(3_500_000)
        let compression = try #require(LayerCompression(.zstd, level: level))
        let path = try scratch.write("x.zst", pack(bytes, compression, threads: 2, pieces: 1 << 20).0)
        #expect(Shell("zstd -qt \(path)").status == 0)
        #expect(Shell("zstd -qdc \(path) | sha256sum").output.hasPrefix(Digest(of: bytes).hex))
        // As frames say their size and have a checksum, nothing is found only when it is too late.
        #expect(Shell("zstd -lv \(path)").output.contains("XXH64"))
    }

    @Test func `a higher level packs smaller, and every level can be read`() throws {
        let scratch = try Scratch()
        let text = Array(String(repeating: "the quick brown fox jumps over the lazy dog\n", count: 3).utf8)
        let bytes = (0..<30_000).flatMap { text.shuffledBy(UInt64($0)) }
        for method in LayerCompression.Method.allCases {
            var sizes: [Int64] = []
            for level in [method.levels.lowerBound, method.levels.upperBound] {
                let compression = try #require(LayerCompression(method, level: level))
                let (packed, result) = try pack(bytes, compression, threads: 2, pieces: 1 << 20)
                let tool = method == .gzip ? "gzip" : "zstd -q"
                let path = try scratch.write("\(method)-\(level)", packed)
                #expect(Shell("\(tool) -dc <\(path) | sha256sum").output.hasPrefix(Digest(of: bytes).hex))
                sizes.append(result.size)
            }
            #expect(sizes[1] < sizes[0])
        }
    }

    @Test func `a level that the method does not have is none`() {
        #expect(LayerCompression(.gzip, level: 13) == nil)
        #expect(LayerCompression(.zstd, level: 0) == nil)
    }

    @Test func `what the output throws ends the writer`() throws {
        struct Full: Error, Equatable {}
        let writer = LayerWriter(threads: 2) { _ in throw Full() }
        let bytes = Self.noise(1 << 20)
        #expect(throws: Full()) {
            for _ in 0..<40 { try writer.write(bytes) }
            _ = try writer.finish()
        }
    }

    @Test func `a writer that is dropped ends its threads`() throws {
        let writer = LayerWriter(threads: 3) { _ in }
        try writer.write(Self.noise(5_000_000))
    }
}

extension [UInt8] {
    /// The same bytes from another place on.
    fileprivate func shuffledBy(_ seed: UInt64) -> [UInt8] {
        let place = Int((seed &* 6_364_136_223_846_793_005) >> 33) % count
        return Array(self[place...] + self[..<place])
    }
}
