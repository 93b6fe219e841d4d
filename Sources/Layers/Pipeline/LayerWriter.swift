internal import FileSystem
public import OCI
internal import Threads

/// Packs the bytes of a tar stream as they come: their digest, gzip members or Zstandard frames of 1 MiB each, and the digest of those.
///
/// The work is spread over threads, which only start when there is more than one block; memory stays below
/// `slots` × 2 MiB. The result depends on the bytes and the compression alone, not on the number of threads. `output` is called
/// from one thread at a time, in order. Use from one thread; end it with `finish` or drop it.
public final class LayerWriter: ByteSink {
    /// What became of the bytes.
    public struct Result: Hashable, Sendable {
        /// Of the uncompressed bytes.
        public var diffID: Digest
        public var uncompressedSize: Int64
        /// Of the compressed bytes.
        public var digest: Digest
        public var size: Int64
    }

    /// More threads than this have nothing to do: the digest of the tar stream is one thread's work.
    private static let threadLimit = 8

    private let pipeline: LayerPipeline
    private var workers: [WorkerThread] = []
    private let threadCount: Int
    private var number = 0
    private var uncompressedSize: Int64 = 0

    /// `threads`: as many as there are processors, if not said.
    public init(
        compression: LayerCompression = .gzip, threads: Int? = nil,
        output: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void
    ) {
        threadCount = max(1, min(threads ?? WorkerThread.processorCount, Self.threadLimit))
        pipeline = LayerPipeline(compression, slots: threadCount + 3, output: output)
    }

    deinit {
        pipeline.cancel()
        for worker in workers { worker.join() }
    }

    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = try fill(rest.count) { room in
                room.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest.prefix(room.count)))
                return room.count
            }
            rest = rest.dropFirst(count)
        }
    }

    public func fill(_ limit: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Int) throws -> Int {
        if pipeline.block(number).isFull { try submit() }
        let count = try pipeline.block(number).fill(limit, body)
        uncompressedSize += Int64(count)
        return count
    }

    /// Waits until all is written. Throws what `output` threw.
    public func finish() throws -> Result {
        // An empty block is packed only if it is the only one: the bytes must not depend on how they came.
        let isEmpty = pipeline.block(number).isEmpty
        if workers.isEmpty, !isEmpty {
            try pipeline.runAlone(number)
        } else if workers.isEmpty || !isEmpty {
            try submit()
        }
        try pipeline.close()
        for worker in workers { worker.join() }
        workers = []
        let (diffID, digest, size) = try pipeline.result()
        return Result(diffID: diffID, uncompressedSize: uncompressedSize, digest: digest, size: size)
    }

    /// Hands the block over and waits for a free one.
    private func submit() throws {
        while workers.count < threadCount {
            workers.append(try WorkerThread { [pipeline] in pipeline.work() })
        }
        number = try pipeline.submit(number)
    }
}
