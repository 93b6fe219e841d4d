import Glibc
import TestSupport
import Testing

@testable import Scheduler

@Suite(.timeLimit(.minutes(10))) struct BlockingWorkTests {
    @Test func `work that checks ends when its task is cancelled`() async throws {
        let task = Task {
            try await BlockingWork.run(checking: { flag in
                while true {
                    try flag.check()
                    usleep(1000)
                }
            })
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func `an archive that nobody wants any more is not read`() throws {
        let folder = try TestFolder()
        Shell("truncate -s 1T '\(folder.path("a.tar"))'")
        let flag = CancellationFlag()
        flag.raise()
        #expect(throws: CancellationError.self) { try LocalArchive(folder.path("a.tar"), flag) }
    }
}
