import FileSystem
import Glibc
import OCI
import Storage
import SystemPackage
import TestSupport
import Testing

@Suite struct SweepTests {
    let store: TestStore

    init() throws { store = try TestStore() }

    private func leaveTree() throws {
        let folder = try store.layers.makeTemporary("upper")
        Shell("mkdir -p '\(folder)/a/b/work'; touch '\(folder)/a/b/f'; chmod 0 '\(folder)/a/b/work'")
    }

    @Test func `leftovers go, and what has its name stays`() throws {
        try leaveTree()
        let digest = try store.blobs.write([1, 2, 3])
        let report = try store.state.sweep()
        #expect(report == SweepReport())
        #expect(try store.names(store.state.temporary).isEmpty)
        #expect(try store.blobs.read(digest) == [1, 2, 3])
    }

    @Test func `leftovers can be listed and removed later`() throws {
        try leaveTree()
        let report = try store.state.sweep(removingLater: true)
        #expect(report.pending.count == 1)
        #expect(report.pending.first?.hasPrefix("tmp/upper-") == true)
        let later = try store.layers.makeTemporary("upper")
        #expect(try store.state.removeLeftovers(report.pending).isEmpty)
        #expect(try store.names(store.state.temporary) == [later.lastComponent?.string])
        #expect(try store.state.removeLeftovers(report.pending).isEmpty)
    }

    @Test func `a new folder is not suspect, nor is anything before a reboot`() throws {
        _ = try store.state.sweep()
        let folder = try store.layers.makeTemporary("layer")
        _ = try store.layers.adopt(folder, as: Digest(of: [1]))
        #expect(try store.state.sweep().droppedLayers == 0)
    }

    @Test func `after a reboot layers and damaged blobs of the last run are dropped`() throws {
        let diffID = Digest(of: [1])
        _ = try store.layers.adopt(store.layers.makeTemporary("layer"), as: diffID)
        let whole = try store.blobs.write(Array("whole".utf8))
        let damaged = try store.blobs.write(Array("damaged".utf8))
        Shell("chmod u+w '\(store.blobs.path(of: damaged))'; truncate -s 0 '\(store.blobs.path(of: damaged))'")
        try store.pretendReboot(synchronizedAt: FileTime.now.seconds)
        let report = try store.state.sweep()
        #expect(report.droppedLayers == 1)
        #expect(report.droppedBlobs == [damaged])
        #expect(try store.layers.directory(of: diffID) == nil)
        #expect(try store.blobs.contains(whole))
        #expect(try store.names(store.state.temporary).isEmpty)
    }

    @Test func `after a reboot what was fetched for contexts since is dropped`() throws {
        Shell(
            "cd '\(store.state.contexts)'; mkdir -p git/a/tree archives/b http; touch git/a/tree/f archives/b/f http/c")
        try store.pretendReboot(synchronizedAt: FileTime.now.seconds + 3600)
        #expect(try store.state.sweep().droppedContexts == 0)
        try store.pretendReboot(synchronizedAt: FileTime.now.seconds)
        #expect(try store.state.sweep().droppedContexts == 2)
        #expect(Shell("cd '\(store.state.contexts)'; find . -type f").lines == ["./http/c"])
        #expect(try store.names(store.state.temporary).isEmpty)
    }

    @Test func `after a reboot what was safe before is trusted`() throws {
        _ = try store.layers.adopt(store.layers.makeTemporary("layer"), as: Digest(of: [1]))
        try store.pretendReboot(synchronizedAt: FileTime.now.seconds + 3600)
        #expect(try store.state.sweep().droppedLayers == 0)
    }

    @Test(arguments: ["", "nonsense", "boot x y z\n"])
    func `a mark that cannot be read makes all suspect`(mark: String) throws {
        _ = try store.layers.adopt(store.layers.makeTemporary("layer"), as: Digest(of: [1]))
        try store.write(mark, to: store.state.root.appending("synced"))
        #expect(try store.state.sweep().droppedLayers == 1)
    }

    @Test func `a synchronization makes all safe, and is not repeated for nothing`() throws {
        _ = try store.state.sweep()
        _ = try store.layers.adopt(store.layers.makeTemporary("layer"), as: Digest(of: [1]))
        try store.pretendReboot(synchronizedAt: 1)
        try store.state.synchronize()
        let mark = Shell("cat \(store.state.root)/synced").output
        #expect(!mark.hasPrefix("another-boot"))
        #expect(try store.state.sweep().droppedLayers == 0)
        Shell("touch -d '1 hour ago' '\(store.state.blobs)' '\(store.state.layers)'")
        try store.state.synchronize()
        #expect(Shell("cat \(store.state.root)/synced").output == mark)
    }

    /// Ages in seconds, of the last mark and of what was stored last.
    @Test(arguments: [
        (mark: 100, stored: 200, isDue: false), (mark: 100, stored: 90, isDue: true),
        (mark: 100, stored: 10, isDue: false), (mark: 4000, stored: 10, isDue: true),
    ])
    func `a synchronization is due when the kernel has done the work`(mark: Int, stored: Int, isDue: Bool) throws {
        let boot = Shell("cat /proc/sys/kernel/random/boot_id").lines[0]
        let text = "\(boot) \(FileTime.now.seconds - Int64(mark))\n"
        try store.write(text, to: store.state.root.appending("synced"))
        Shell("touch -d '\(stored) seconds ago' '\(store.state.blobs)' '\(store.state.layers)'")
        try store.state.synchronize()
        #expect((Shell("cat '\(store.state.root)/synced'").output != text) == isDue)
    }

    /// The leftover belongs to root and the sweep is an ordinary user's, as with subordinate ids.
    @Test(.enabled(if: Privilege.isRoot)) func `what belongs to others is reported`() throws {
        let upper = try store.layers.makeTemporary("upper")
        let layer = try store.layers.adopt(store.layers.makeTemporary("layer"), as: Digest(of: [1]))
        try store.pretendReboot(synchronizedAt: 1)
        Shell("touch '\(layer)/f'; mkdir '\(upper)/theirs'; touch '\(upper)/theirs/f'")
        Shell("chmod 711 '\(store.scratch.path)'; chown -R 65534 '\(store.scratch.path)'")
        Shell("chown -R 1000 '\(upper)' '\(layer)'")
        let probe = try Probe("sweep", store.state, user: 65534)
        let lines = try probe.lines()
        #expect(lines == ["foreign tmp/upper", "foreign layers/dropped", "dropped 1"])
    }
}
