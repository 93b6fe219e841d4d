import FileSystem
import Glibc
import OCI
import Storage
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Caches of RUN: who gets which instance, and when.
@Suite struct MountStoreTests {
    private let store: TestStore
    private let mounts: MountStore
    private let key = MountStore.Key(id: "apt")

    init() throws {
        store = try TestStore()
        mounts = try MountStore(store.state)
    }

    private struct Interrupted: Error {}

    private func write(_ name: String, _ lease: MountLease) throws {
        let folder = try OpenFile.open(lease.folder.string, [.read, .directory])
        try folder.open(FileName(name), [.write, .create]).writeAll(Array(name.utf8))
    }

    private func names(_ lease: MountLease) throws -> [String] { try store.names(lease.folder) }

    private func acquire(
        _ sharing: MountStore.Sharing, key: MountStore.Key? = nil, waiting: () throws -> Void = { throw Interrupted() },
        seed: (FilePath) throws -> Void = { _ in }
    ) throws -> MountLease {
        try mounts.acquire(key ?? self.key, sharing, waiting: waiting, seed: seed)
    }

    @Test func `what is written stays, for every user of the id`() throws {
        let sharings: [MountStore.Sharing] = [.shared, .private, .locked]
        for (number, sharing) in sharings.enumerated() {
            let lease = try acquire(sharing)
            #expect(try names(lease).count == number)
            try write("file\(number)", lease)
        }
        let other = try acquire(.shared, key: MountStore.Key(id: "other"))
        #expect(try names(other).isEmpty)
        let seeded = try acquire(.shared, key: MountStore.Key(id: "apt", seed: "x"))
        #expect(try names(seeded).isEmpty)
    }

    @Test(arguments: ["", "/root/.cache", "../../x", "a\nb\u{0}c", String(repeating: "x", count: 10_000), "é"])
    func `any id will do`(id: String) throws {
        let lease = try acquire(.shared, key: MountStore.Key(id: id))
        #expect(lease.folder.starts(with: store.state.mounts))
        #expect(try mounts.entries().map(\.id) == [id])
    }

    @Test func `sharers have one instance at once`() throws {
        let leases = try (0..<3).map { _ in try acquire(.shared) }
        #expect(Set(leases.map(\.folder)).count == 1)
    }

    @Test func `a second private user gets another instance, which is used again later`() throws {
        let first = try acquire(.private)
        try write("first", first)
        var second: MountLease? = try acquire(.private)
        let folder = second?.folder
        #expect(folder != first.folder)
        #expect(try second.map(names) == [])
        second = nil
        #expect(try acquire(.private).folder == folder)
        #expect(try mounts.entries().count == 1)
    }

    @Test func `a second locked user waits until the first has ended`() async throws {
        let mounts = mounts
        let key = key
        let waits = Counter()
        let first = Mutex<MountLease?>(try acquire(.locked))
        let folder = first.withLock { $0?.folder }
        let second = try mounts.acquire(key, .locked) {
            if waits.value.add(1, ordering: .relaxed).newValue == 3 { first.withLock { $0 = nil } }
        } seed: { _ in
        }
        #expect(second.folder == folder)
        #expect(waits.value.load(ordering: .relaxed) == 3)
    }

    private final class Counter: Sendable {
        let value = Atomic(0)
    }

    @Test func `waiting can be interrupted`() throws {
        let first = try acquire(.shared)
        #expect(throws: Interrupted.self) { _ = try acquire(.locked) }
        withExtendedLifetime(first) {}
    }

    @Test func `an instance is seeded once`() throws {
        let seeds = Counter()
        func seed(_ folder: FilePath) throws {
            seeds.value.add(1, ordering: .relaxed)
            try OpenFile.open(folder.string, [.read, .directory]).makeDirectory("seed")
        }
        for _ in 0..<2 { #expect(try names(acquire(.shared, seed: seed)) == ["seed"]) }
        #expect(seeds.value.load(ordering: .relaxed) == 1)
        let one = try acquire(.private, seed: seed)
        let other = try acquire(.private, seed: seed)
        #expect(try [names(one), names(other)] == [["seed"], ["seed"]])
        #expect(seeds.value.load(ordering: .relaxed) == 2)
    }

    @Test func `a seeding that fails leaves nothing and can be tried again`() throws {
        #expect(throws: Interrupted.self) {
            _ = try acquire(
                .shared,
                seed: { folder in
                    try OpenFile.open(folder.string, [.read, .directory]).makeDirectory("half")
                    throw Interrupted()
                })
        }
        #expect(try store.names(store.state.temporary).isEmpty)
        #expect(try names(acquire(.shared)).isEmpty)
    }

    @Test func `a cache that many ask for at once is one`() async throws {
        let mounts = mounts
        let key = key
        let folders = try await withThrowingTaskGroup(of: FilePath.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let lease = try mounts.acquire(key, .shared) { _ in usleep(20_000) }
                    usleep(100_000)
                    return lease.folder
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(folders.count == 1)
        #expect(try store.names(store.state.temporary).isEmpty)
    }

    @Test func `a lock goes with a process that is killed`() throws {
        let probe = try Probe("lock-cache", store.state, "7")
        #expect(try probe.waitForLine() == "locked")
        #expect(throws: Interrupted.self) { _ = try acquire(.locked, key: MountStore.Key(id: "7")) }
        probe.kill()
        let lease = try acquire(.locked, key: MountStore.Key(id: "7"), waiting: {})
        #expect(try names(lease) == [])
    }

    @Test func `caches are counted`() throws {
        try write("f", acquire(.shared))
        let large = try acquire(.shared, key: MountStore.Key(id: "zlarge"))
        let folder = try OpenFile.open(large.folder.string, [.read, .directory])
        try folder.open("a", [.write, .create]).writeAll([UInt8](repeating: 1, count: 1 << 20))
        try folder.makeHardLink("b", to: folder.open("a", [.read]))
        let entries = try mounts.entries()
        #expect(entries.map(\.id) == ["apt", "zlarge"])
        #expect(entries[0].sizeInBytes < 1 << 20)
        #expect((1 << 20..<3 << 19).contains(Int(entries[1].sizeInBytes)))
        #expect(entries.allSatisfy { abs($0.lastUsed - FileTime.now.seconds) < 60 && $0.created <= $0.lastUsed })
    }

    /// What a step makes decides about nothing but its own cache.
    @Test func `a cache is counted and removed however deep it is`() throws {
        var place = try OpenFile.open(acquire(.shared).folder.string, [.read, .directory])
        for _ in 0..<6000 {
            try place.makeDirectory("d")
            place = try place.open("d", [.read, .directory])
        }
        try place.open("f", [.write, .create]).writeAll([1])
        let entry = try #require(try mounts.entries().first)
        #expect(entry.sizeInBytes >= 4096)
        #expect(try mounts.remove(entry))
    }

    @Test func `a cache is removed unless it is used`() throws {
        var lease: MountLease? = try acquire(.shared)
        let entry = try #require(try mounts.entries().first)
        #expect(try !mounts.remove(entry))
        #expect(try lease.map(names) == [])
        lease = nil
        #expect(try mounts.remove(entry))
        #expect(try mounts.entries().isEmpty)
        #expect(try mounts.remove(entry))
        #expect(try store.names(store.state.temporary).isEmpty)
        #expect(try names(acquire(.shared)).isEmpty)
    }

    @Test func `a damaged record is written anew`() throws {
        _ = try acquire(.shared)
        let entry = try #require(try mounts.entries().first)
        let path = store.state.mounts.appending(entry.name).appending("cache.json").string
        try OpenFile.open(path, [.write, .truncate]).writeAll(Array("{".utf8))
        #expect(try mounts.entries().map(\.id) == [""])
        _ = try acquire(.shared)
        #expect(try mounts.entries().map(\.id) == ["apt"])
    }
}
