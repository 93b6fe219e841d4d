import FileSystem
import Glibc
import OCI
import Storage
import SystemPackage
import TestSupport
import Testing

@Suite struct BlobStoreTests {
    let store: TestStore

    init() throws { store = try TestStore() }

    private func write(_ bytes: [UInt8], _ writer: BlobWriter) throws {
        try bytes.withUnsafeBytes { try writer.write($0) }
    }

    @Test func `a blob is found by the digest of its bytes`() throws {
        let digest = try store.blobs.write([1, 2, 3])
        #expect(digest == Digest(of: [1, 2, 3]))
        #expect(try store.blobs.size(of: digest) == 3)
        #expect(try store.blobs.read(digest) == [1, 2, 3])
        #expect(try store.blobs.open(digest).status().permissions == 0o444)
        try store.blobs.remove(digest)
        try store.blobs.remove(digest)
        #expect(throws: StorageError.blobMissing(digest)) { try store.blobs.read(digest) }
    }

    @Test func `nothing has a name before it is complete, and nothing stays of what is dropped`() throws {
        do {
            let writer = try store.blobs.makeWriter()
            try write([1, 2], writer)
            #expect(writer.bytesWritten == 2)
            #expect(try store.names(store.state.blobs).isEmpty)
        }
        #expect(try store.names(store.state.temporary).isEmpty)
    }

    @Test func `other bytes than expected are not kept`() throws {
        let expected = Digest(of: [1])
        #expect(throws: StorageError.digestMismatch(expected: expected, actual: Digest(of: [2]))) {
            let writer = try store.blobs.makeWriter()
            try write([2], writer)
            try writer.commit(expecting: expected)
        }
        #expect(throws: StorageError.sizeMismatch(digest: expected, expected: 2, actual: 1)) {
            let writer = try store.blobs.makeWriter()
            try write([1], writer)
            try writer.commit(expecting: expected, size: 2)
        }
        #expect(try store.names(store.state.blobs).isEmpty)
        #expect(try store.names(store.state.temporary).isEmpty)
    }

    @Test func `a damaged blob is refused when it is read, and removed`() throws {
        let digest = try store.blobs.write([1, 2, 3])
        Shell("chmod u+w '\(store.blobs.path(of: digest))'; printf abc > '\(store.blobs.path(of: digest))'")
        #expect(throws: StorageError.digestMismatch(expected: digest, actual: Digest(of: "abc".utf8))) {
            try store.blobs.read(digest)
        }
        #expect(try !store.blobs.contains(digest))
    }

    @Test func `a large blob is not read into memory`() throws {
        let digest = try store.blobs.write([1, 2, 3])
        #expect(throws: StorageError.blobTooLarge(digest, limit: 2)) { try store.blobs.read(digest, limit: 2) }
    }

    @Test func `many writers of one digest make one blob`() async throws {
        let bytes = [UInt8](repeating: 5, count: 300_000)
        let blobs = store.blobs
        try await withThrowingTaskGroup(of: Digest.self) { group in
            for _ in 0..<16 { group.addTask { try blobs.write(bytes) } }
            for try await digest in group { #expect(digest == Digest(of: bytes)) }
        }
        #expect(try store.names(store.state.blobs).count == 1)
        #expect(try store.blobs.read(Digest(of: bytes)) == bytes)
        #expect(try store.names(store.state.temporary).isEmpty)
    }

    @Test(.enabled(if: Privilege.isRoot)) func `a full disk is said, and leaves nothing`() throws {
        let disk = try TestFolder()
        try #require(Shell("mount -t tmpfs -o size=1m none '\(disk.path)'").status == 0)
        defer { Shell("umount -l '\(disk.path)'") }
        let full = try TestStore(in: disk.path)
        let error = #expect(throws: StorageError.self) {
            _ = try full.blobs.write([UInt8](repeating: 1, count: 2 << 20))
        }
        #expect(
            error?.description
                == "writing a blob: write: No space left on device; free some space, nothing that was kept is damaged")
        #expect(try full.names(full.state.blobs).isEmpty)
        #expect(try full.names(full.state.temporary).isEmpty)
        waitForSpace(disk.path)
        _ = try full.blobs.write([1, 2, 3])
        let filled = StepRecord(
            layer: nil, diffID: nil, created: "", parts: ["a": String(repeating: "x", count: 1 << 20)])
        let again = #expect(throws: StorageError.self) { try full.steps.record(filled, key: Digest(of: []), place: "") }
        #expect(again?.code == ENOSPC)
        #expect(try full.names(full.state.temporary).isEmpty)
        #expect(try full.steps.find(Digest(of: [])) == nil)
    }

    /// A process that another test is just starting may still have the removed file open.
    private func waitForSpace(_ path: String) {
        for _ in 0..<100 where Shell("df --output=avail '\(path)' | tail -1").lines.first?.hasSuffix(" 0") != false {
            usleep(10_000)
        }
    }
}
