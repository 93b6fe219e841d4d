internal import OCI
internal import Threads

/// The blocks of a layer, and the threads' work on them.
final class LayerPipeline: @unchecked Sendable {
    // Safe because the schedule gives each block, the two digests and the output to one thread at a time, and its
    // monitor orders what one thread did before what the next one does.
    private let monitor: Monitor<BlockSchedule>
    private let blocks: [LayerBlock]
    private let compression: LayerCompression
    private let output: @Sendable (UnsafeRawBufferPointer) throws -> Void
    private var diffID = SHA256()
    private var digest = SHA256()
    private var size: Int64 = 0

    init(
        _ compression: LayerCompression, slots: Int, output: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void
    ) {
        monitor = Monitor(BlockSchedule(capacity: slots))
        blocks = (0..<slots).map { _ in LayerBlock() }
        self.compression = compression
        self.output = output
    }

    /// The block of a number; its slot is used again after `slots` blocks.
    func block(_ number: Int) -> LayerBlock { blocks[number % blocks.count] }

    /// Hands a block over; returns the number of the next one as soon as it has a slot.
    func submit(_ number: Int) throws -> Int {
        monitor.change { $0.submit() }
        try monitor.wait { schedule in
            schedule.failure.map { Result.failure($0) } ?? (schedule.hasRoom ? .success(()) : nil)
        }.get()
        block(number + 1).clear()
        return number + 1
    }

    /// Says that no block follows and waits for the last.
    func close() throws {
        monitor.change { $0.close() }
        try monitor.wait { schedule in
            schedule.failure.map { Result.failure($0) } ?? (schedule.isFinished ? .success(()) : nil)
        }.get()
    }

    /// Makes the threads end without finishing.
    func cancel() { monitor.change { $0.fail(CancellationError()) } }

    func result() throws -> (diffID: Digest, digest: Digest, size: Int64) {
        (diffID.finalize(), digest.finalize(), size)
    }

    /// A thread's life.
    func work() {
        let compressor = compression.makeCompressor()
        while let work = nextWork() {
            do {
                try perform(work, compressor)
                monitor.change { $0.complete(work) }
            } catch {
                monitor.change { $0.fail(error) }
            }
        }
    }

    /// Nil when there will be none any more.
    private func nextWork() -> BlockSchedule.Work? {
        let next: Result<BlockSchedule.Work?, Never> = monitor.wait { schedule in
            if schedule.isFinished { return .success(nil) }
            return schedule.takeWork().map { .success($0) }
        }
        return next.get()
    }

    /// Does all the work on a layer's only block.
    func runAlone(_ number: Int) throws {
        let compressor = compression.makeCompressor()
        for work in [BlockSchedule.Work.hash(number), .compress(number), .write(number)] {
            try perform(work, compressor)
        }
    }

    private func perform(_ work: BlockSchedule.Work, _ compressor: any BlockCompressor) throws {
        switch work {
        case .hash(let number): diffID.update(block(number).bytes)
        case .compress(let number): block(number).compress(by: compressor)
        case .write(let number):
            let bytes = block(number).compressed
            digest.update(bytes)
            size += Int64(bytes.count)
            try output(bytes)
        }
    }
}
