import FileSystem
import Layers
import Testing

/// Damaged archives, from a seed, so that a failure can be seen again.
@Suite struct TarMutationTests {
    struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    private static func seeds() throws -> [[UInt8]] {
        let scratch = try Scratch()
        _ = Shell(
            """
            cd \(scratch.path) && truncate -s 20000 s && echo x >>s && ln s h && ln -s s l
            n=$(printf 'n%.0s' $(seq 1 180)); echo >$n
            tar --format=gnu -cSf gnu.tar s h l $n
            for v in 0.0 0.1 1.0; do tar --format=posix --sparse-version=$v -cSf pax$v.tar s h l $n; done
            """)
        return try ["gnu.tar", "pax0.0.tar", "pax0.1.tar", "pax1.0.tar"].map { try scratch.read($0) }
            + [Archive.bytes(TarRoundTripTests.odd.filter { $0.entry.path != "attributes" })]
    }

    private static func mutate(_ bytes: [UInt8], _ random: inout Generator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let block = Int.random(in: 0..<bytes.count / 512, using: &random) * 512
            // Mostly where the fields are, and mostly with a checksum that holds.
            let place = block + Int.random(in: 0..<(Bool.random(using: &random) ? 512 : 345), using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[place] = [0, 32, 47, 48, 55, 57, 61, 10, 128, 255].randomElement(using: &random) ?? 0
            case 2: bytes[block + 156] = Array("01234567xgLKSVDMN\0".utf8).randomElement(using: &random) ?? 0
            case 3: bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random) / 8)
            case 4: bytes[block + 124] = UInt8.random(in: 48...255, using: &random)
            default: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            if Int.random(in: 0..<4, using: &random) > 0 { TarReaderTests.fixChecksum(&bytes, at: block) }
            if bytes.count < 1024 { break }
        }
        return bytes
    }

    @Test func `no damage crashes or holds the reader`() throws {
        let seeds = try Self.seeds()
        var random = Generator(state: 20_261_121)
        var outcomes = (read: 0, refused: 0)
        for round in 0..<20_000 {
            let bytes = Self.mutate(seeds[round % seeds.count], &random)
            do {
                var reader = TarReader(MemorySource(bytes))
                while try reader.next() != nil {}
                outcomes.read += 1
            } catch is LayersError {
                outcomes.refused += 1
            }
        }
        #expect(outcomes.read > 1000)
        #expect(outcomes.refused > 1000)
    }
}
