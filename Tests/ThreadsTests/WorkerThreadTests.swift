import Testing

@testable import Threads

@Suite struct WorkerThreadTests {
    @Test func `a thread has stack for folders of any depth`() throws {
        let depth = Monitor(0)
        let thread = try WorkerThread { depth.change { $0 = Self.descend(10_000) } }
        thread.join()
        #expect(depth.change(\.self) == 10_000)
    }

    /// As a walk through folders, with 16 KiB for each.
    @inline(never) private static func descend(_ levels: Int) -> Int {
        let room = InlineArray<16384, UInt8>(repeating: UInt8(truncatingIfNeeded: levels))
        return levels == 0 ? 0 : descend(levels - 1) + (room[levels % 16384] == room[0] ? 1 : 0)
    }

    @Test func `who waits is woken by each change`() throws {
        let turn = Monitor(0)
        let threads = try [1, 2].map { own in
            try WorkerThread {
                for round in 0..<1000 {
                    turn.wait { $0 == round * 2 + own - 1 ? () : nil }
                    turn.change { $0 += 1 }
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(turn.change(\.self) == 2000)
    }
}
