/// A part of a layer on its way: tar bytes, and what they are compressed to.
final class LayerBlock {
    /// The unit of compression. Smaller ones pack worse, larger ones cost memory.
    static let size = 1 << 20

    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: LayerBlock.size, alignment: 4096)
    private var output = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var count = 0
    private var compressedCount = 0

    deinit {
        input.deallocate()
        output.deallocate()
    }

    var isEmpty: Bool { count == 0 }
    var isFull: Bool { count == Self.size }
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: input[..<count]) }
    var compressed: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: output[..<compressedCount]) }

    /// Lets `body` fill at most `limit` bytes of the room that is left.
    func fill(_ limit: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Int) rethrows -> Int {
        let room = UnsafeMutableRawBufferPointer(rebasing: input[count..<min(Self.size, count + limit)])
        let filled = try body(room)
        precondition((0...room.count).contains(filled), "no more is filled than there is room for")
        count += filled
        return filled
    }

    /// Memory for the result is taken with the first use and kept: only what is written to counts.
    func compress(by compressor: any BlockCompressor) {
        if output.isEmpty { output = .allocate(byteCount: compressor.bound(Self.size), alignment: 4096) }
        compressedCount = compressor.compress(bytes, into: output)
    }

    func clear() { count = 0 }
}
