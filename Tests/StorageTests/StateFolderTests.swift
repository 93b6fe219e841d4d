import FileSystem
import Glibc
import OCI
import Storage
import SystemPackage
import TestSupport
import Testing

@Suite struct StateFolderTests {
    let store: TestStore

    init() throws { store = try TestStore() }

    @Test func `all folders are private to their user`() throws {
        for path in [store.state.root, store.state.blobs, store.state.layers, store.state.cache, store.state.temporary]
        {
            #expect(try OpenFile.open(path.string, .pathOnly).status().permissions == 0o700)
        }
        try store.state.prepare()
    }

    @Test func `a folder of a newer build-all is left alone`() throws {
        try store.write("7\n", to: store.state.root.appending("layout"))
        let error = #expect(throws: StorageError.self) { try store.state.prepare() }
        #expect(
            error?.description
                == "\(store.state.root) has layout 7, this build-all knows up to 1: a newer build-all made it")
    }

    @Test func `a mark that a power loss emptied is written again`() throws {
        try store.write("", to: store.state.root.appending("layout"))
        try store.state.prepare()
        #expect(Shell("cat \(store.state.root)/layout").output == "1\n")
    }

    @Test func `where no folder can be is said`() throws {
        let file = store.scratch.path("file")
        try store.write("", to: FilePath(file))
        let error = #expect(throws: StorageError.self) { try StateFolder(FilePath(file).appending("s")).prepare() }
        #expect(error?.code == ENOTDIR)
    }
}

@Suite struct RunLockTests {
    let store: TestStore

    init() throws { store = try TestStore() }

    @Test func `the second run is refused and told who holds the lock`() throws {
        #expect(try !RunLock.isHeld(store.state))
        let lock = try RunLock.acquire(store.state, wait: false)
        #expect(try RunLock.isHeld(store.state))
        #expect(throws: StorageError.lockedByAnotherRun(pid: getpid(), path: store.state.lock.string)) {
            try RunLock.acquire(store.state, wait: false)
        }
        withExtendedLifetime(lock) {}
    }

    @Test func `a lock that was let go is free`() throws {
        do { _ = try RunLock.acquire(store.state, wait: false) }
        _ = try RunLock.acquire(store.state, wait: false)
        #expect(try !RunLock.isHeld(store.state))
    }

    @Test func `who waits is told for whom, and gets the lock when its holder is killed`() throws {
        let probe = try Probe("hold", store.state)
        try probe.waitForLine()
        var holder: Int32?
        let lock = try RunLock.acquire(store.state, wait: true) {
            holder = $0
            probe.kill()
        }
        #expect(holder == probe.pid)
        withExtendedLifetime(lock) {}
    }
}
