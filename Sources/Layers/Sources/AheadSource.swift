internal import FileSystem
internal import Threads

/// Reads ahead of its consumer, on a thread of its own.
///
/// The upstream belongs to that thread until the end was read or this source is gone.
final class AheadSource: ByteSource {
    private static let blockSize = 512 << 10
    private static let blockCount = 3

    private final class Block {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: AheadSource.blockSize, alignment: 4096)
        var count = 0

        deinit { bytes.deallocate() }
    }

    private struct State {
        var free: [Block] = (0..<AheadSource.blockCount).map { _ in Block() }
        var full: [Block] = []
        var end: Result<Void, any Error>?
        var isCancelled = false
    }

    /// What the two threads share.
    private final class Shared: @unchecked Sendable {
        // Safe because the upstream is used by the reading thread alone, and a block by whoever took it from the state.
        let state = Monitor(State())
        let upstream: any ByteSource

        init(_ upstream: any ByteSource) { self.upstream = upstream }

        func readAll() {
            while let block = takeFree() {
                do {
                    block.count = 0
                    while block.count < AheadSource.blockSize {
                        let room = UnsafeMutableRawBufferPointer(rebasing: block.bytes[block.count...])
                        let count = try upstream.read(into: room)
                        if count == 0 { return end(.success(()), last: block) }
                        block.count += count
                    }
                    state.change { $0.full.append(block) }
                } catch {
                    return end(.failure(error), last: block)
                }
            }
        }

        private func takeFree() -> Block? {
            let taken: Result<Block?, Never> = state.wait { state in
                if state.isCancelled { return .success(nil) }
                return state.free.popLast().map { .success($0) }
            }
            return taken.get()
        }

        private func end(_ result: Result<Void, any Error>, last block: Block) {
            state.change {
                $0.full.append(block)
                $0.end = result
            }
        }
    }

    private let shared: Shared
    private let thread: WorkerThread
    private var current: Block?
    private var position = 0

    init(_ upstream: any ByteSource) throws {
        let shared = Shared(upstream)
        self.shared = shared
        thread = try WorkerThread { shared.readAll() }
    }

    deinit {
        shared.state.change { $0.isCancelled = true }
        thread.join()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            if let current, position < current.count {
                let count = min(buffer.count, current.count - position)
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: current.bytes[position..<position + count]))
                position += count
                return count
            }
            guard try nextBlock() else { return 0 }
        }
    }

    /// False at the end.
    private func nextBlock() throws -> Bool {
        let old = current
        current = nil
        position = 0
        if let old { shared.state.change { $0.free.append(old) } }
        let next: Result<Block?, any Error> = shared.state.wait { state in
            if !state.full.isEmpty { return .success(state.full.removeFirst()) }
            return state.end.map { $0.map { nil } }
        }
        current = try next.get()
        return current != nil
    }
}
