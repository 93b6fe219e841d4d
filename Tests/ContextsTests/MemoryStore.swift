import Contexts
import Foundation
import HTTP
import OCI
import Synchronization
import SystemPackage
import TestSupport

/// Files in memory.
final class MemoryStore: FileStore {
    private let files = Mutex<[Digest: [UInt8]]>([:])

    subscript(_ digest: Digest) -> [UInt8]? { files.withLock { $0[digest] } }
    /// Files that came, whether or not they were there.
    private let arrivals = Mutex(0)
    var arrived: Int { arrivals.withLock { $0 } }
    var count: Int { files.withLock { $0.count } }

    func forget() { files.withLock { $0 = [:] } }

    func size(of digest: Digest) -> Int64? { files.withLock { $0[digest].map { Int64($0.count) } } }
    func makeSink() -> any FileSink { Sink(self) }

    private final class Sink: FileSink {
        private let store: MemoryStore
        private let bytes = Mutex<[UInt8]>([])

        init(_ store: MemoryStore) { self.store = store }

        func write(_ new: UnsafeRawBufferPointer) { bytes.withLock { $0 += new } }
        func restart() { bytes.withLock { $0 = [] } }
        func discard() {}

        func commit(as digest: Digest) {
            let all = bytes.withLock { $0 }
            precondition(Digest(of: all) == digest, "the digest is that of the bytes")
            store.files.withLock { $0[digest] = all }
            store.arrivals.withLock { $0 += 1 }
        }
    }
}

/// A clock on which sleeping takes no time; it remembers how long it was slept.
final class RecordingClock: NetworkClock {
    private let state = Mutex<[Duration]>([])

    var secondsSince1970: Double { 1_000_000 }
    var pauses: [Duration] { state.withLock { $0 } }

    func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        state.withLock { $0.append(duration) }
    }
}

/// A state folder, a clock and the settings of one test.
struct World {
    let folder: TestFolder
    let clock = RecordingClock()

    init() throws {
        folder = try TestFolder()
        Shell("mkdir \(folder.path("tmp"))")
    }

    func configuration(_ change: (inout ContextsConfiguration) -> Void = { _ in }) -> ContextsConfiguration {
        var configuration = ContextsConfiguration(
            folder: FilePath(folder.path("contexts")), temporary: FilePath(folder.path("tmp")),
            environment: ProcessInfo.processInfo.environment)
        configuration.clock = clock
        configuration.retry = RetryPolicy(random: { 1 })
        configuration.http.stallTimeout = .seconds(1)
        change(&configuration)
        return configuration
    }
}

/// Bytes that are the same each time.
func noise(_ count: Int) -> [UInt8] {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    return (0..<count).map { _ in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return UInt8(truncatingIfNeeded: state)
    }
}
