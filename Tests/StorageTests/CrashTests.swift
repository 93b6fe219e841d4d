import FileSystem
import Glibc
import OCI
import Storage
import SystemPackage
import TestSupport
import Testing

@Suite(.serialized) struct CrashTests {
    let store: TestStore

    init() throws { store = try TestStore(in: "/dev/shm") }

    /// Three writers each time, on the same names, killed at any instruction.
    @Test func `kill -9 never leaves a wrong or half file under a name`() throws {
        for round in 0..<12 {
            let probes = try (0..<3).map { try Probe("write", store.state, "\(round * 3 + $0)") }
            for probe in probes { try probe.waitForLine() }
            usleep(UInt32.random(in: 0..<30_000))
            for probe in probes.shuffled() { probe.kill() }
            try checkBlobs()
            try checkLayers()
            _ = try store.state.sweep()
            #expect(try store.names(store.state.temporary).isEmpty)
            try checkRecords()
        }
        #expect(try store.names(store.state.blobs).count > 1)
        #expect(try store.names(store.state.layers).count > 1)
    }

    private func checkBlobs() throws {
        for name in try store.names(store.state.blobs) {
            let digest = try Digest("sha256:\(name)")
            #expect(throws: Never.self) { try store.blobs.read(digest) }
        }
    }

    private func checkLayers() throws {
        for name in try store.names(store.state.layers) {
            #expect(try store.names(store.state.layers.appending(name)) == (0..<20).map { "f\($0)" }.sorted())
        }
    }

    /// Nothing but whole records, and nothing else in their folders.
    private func checkRecords() throws {
        for name in try store.names(store.state.cache) where name.count == 64 {
            #expect(try store.steps.find(Digest("sha256:\(name)")) != nil)
        }
        #expect(
            try store.names(store.state.cache).allSatisfy {
                $0.count == 64 || ["last", "content", "shared"].contains($0)
            })
        #expect(try store.names(store.state.cache.appending("last")).allSatisfy { $0.count == 64 })
        #expect(try store.names(store.state.cache.appending("content")).allSatisfy { $0.count == 64 })
    }
}
