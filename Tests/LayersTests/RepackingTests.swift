import FileSystem
import Layers
import OCI
import Storage
import Testing

/// A layer that is packed anew is the one that would have been made.
@Suite struct RepackingTests {
    private func layer(_ compression: LayerCompression, _ blobs: BlobStore, size: Int = 5_000_000) throws
        -> CommittedLayer
    {
        try commitLayer(compression, into: blobs) { writer in
            let member = Member(TarEntry(path: "f", kind: .regular), LayerWriterTests.noise(size))
            try writer.add(member.entry)
            try member.content.withUnsafeBytes { try writer.addContent($0) }
        }
    }

    @Test(arguments: [5_000_000, (1 << 20) - 10_240, (2 << 20) - 1536])
    func `there and back gives the same bytes`(size: Int) throws {
        let fixture = try LayerFixture()
        let blobs = fixture.blobs
        let (packed, other) = try (layer(.gzip, blobs, size: size), layer(.zstd, blobs, size: size))
        #expect(packed.diffID == other.diffID)
        #expect(other.descriptor.mediaType == .layerZstd)
        let zstd = try repackLayer(packed.descriptor, diffID: packed.diffID, in: blobs, to: .zstd)
        #expect(zstd == other.descriptor)
        #expect(try repackLayer(zstd, diffID: packed.diffID, in: blobs, to: .gzip) == packed.descriptor)
    }

    @Test func `a layer that is not what it should be is refused`() throws {
        let fixture = try LayerFixture()
        let blobs = fixture.blobs
        let packed = try layer(.gzip, blobs)
        let wrong = Digest(of: "x".utf8)
        #expect(throws: LayersError.diffIDMismatch(expected: wrong, actual: packed.diffID)) {
            try repackLayer(packed.descriptor, diffID: wrong, in: blobs, to: .zstd)
        }
    }
}
