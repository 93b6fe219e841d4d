import FileSystem
import Glibc
import OCI
import Storage
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite struct LayerStoreTests {
    let store: TestStore
    let diffID = Digest(of: [1])

    init() throws { store = try TestStore() }

    private struct Refusal: Error {}

    @Test func `a layer is unpacked once, however many want it`() async throws {
        let layers = store.layers
        let diffID = diffID
        let counter = Counter()
        try await withThrowingTaskGroup(of: FilePath.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try layers.withDirectory(of: diffID) { folder in
                        counter.value.add(1, ordering: .relaxed)
                        try OpenFile.open(folder.string, [.read, .directory]).makeDirectory("bin")
                    }
                }
            }
            for try await path in group { #expect(path == store.state.layers.appending(diffID.hex)) }
        }
        #expect(counter.value.load(ordering: .relaxed) == 1)
        #expect(try store.names(store.state.layers.appending(diffID.hex)) == ["bin"])
        #expect(try store.names(store.state.temporary).isEmpty)
    }

    private final class Counter: Sendable {
        let value = Atomic(0)
    }

    @Test func `an unpacking that fails leaves nothing and can be tried again`() throws {
        #expect(throws: Refusal.self) {
            _ = try store.layers.withDirectory(of: diffID) { folder in
                try OpenFile.open(folder.string, [.read, .directory]).makeDirectory("bin")
                throw Refusal()
            }
        }
        #expect(try store.layers.directory(of: diffID) == nil)
        #expect(try store.names(store.state.temporary).isEmpty)
        _ = try store.layers.withDirectory(of: diffID) { _ in }
        #expect(try store.layers.directory(of: diffID) != nil)
    }

    @Test func `the first of two equal layers stays`() throws {
        let first = try store.layers.makeTemporary("upper")
        try OpenFile.open(first.string, [.read, .directory]).makeDirectory("first")
        let second = try store.layers.makeTemporary("upper")
        let path = try store.layers.adopt(first, as: diffID)
        #expect(try store.layers.adopt(second, as: diffID) == path)
        #expect(try store.names(path) == ["first"])
        #expect(try store.names(store.state.temporary).isEmpty)
    }
}

@Suite struct StepCacheTests {
    let store: TestStore
    let key = Digest(of: [9])

    init() throws { store = try TestStore() }

    private func record(_ parts: [String: String] = ["RUN": "true"]) throws -> StepRecord {
        let digest = try store.blobs.write([1, 2, 3])
        return StepRecord(
            layer: Descriptor(mediaType: .layerGzip, digest: digest, size: 3), diffID: Digest(of: [7]),
            created: "2026-01-02T03:04:05Z", parts: parts)
    }

    @Test func `a result is found by its key`() throws {
        let record = try record()
        #expect(try store.steps.find(key) == nil)
        try store.steps.record(record, key: key, place: "app 1")
        #expect(try store.steps.find(key) == record)
        #expect(try store.names(store.state.temporary).isEmpty)
    }

    @Test func `a result without its blob, or with a shorter one, is none`() throws {
        var record = try record()
        record.layer?.size = 4
        try store.steps.record(record, key: key, place: "app 1")
        #expect(try store.steps.find(key) == nil)
        record.layer?.size = 3
        try store.steps.record(record, key: key, place: "app 1")
        #expect(try store.steps.find(key) != nil)
        try store.blobs.remove(Digest(of: [1, 2, 3]))
        #expect(try store.steps.find(key) == nil)
    }

    @Test(arguments: ["", "{", #"{"created":1}"#, "\0\0\0"])
    func `a damaged record is a miss and goes`(text: String) throws {
        let path = store.state.cache.appending(key.hex)
        try store.write(text, to: path)
        #expect(try store.steps.find(key) == nil)
        #expect(Shell("test -e '\(path)'").status == 1)
    }

    @Test func `what a step's key was made of is remembered by its place`() throws {
        #expect(try store.steps.previousParts(place: "app 1") == nil)
        try store.steps.record(try record(["RUN": "a"]), key: key, place: "app 1")
        try store.steps.note(["RUN": "b"], place: "app 2")
        #expect(try store.steps.previousParts(place: "app 1") == ["RUN": "a"])
        #expect(try store.steps.previousParts(place: "app 2") == ["RUN": "b"])
        try store.steps.note(["RUN": "c"], place: "app 1")
        #expect(try store.steps.previousParts(place: "app 1") == ["RUN": "c"])
    }
}
