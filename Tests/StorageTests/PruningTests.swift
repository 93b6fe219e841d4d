import FileSystem
import Glibc
import OCI
import Storage
import SystemPackage
import TestSupport
import Testing

/// What prune removes, and what a run that has the folder keeps.
@Suite struct PruningTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    private static let day: Int64 = 86_400
    private var now: Int64 { FileTime.now.seconds }

    // MARK: - A store with a history

    private func blob(_ text: String) throws -> Digest { try store.blobs.write(Array(text.utf8)) }

    /// An unpacked layer with a file of so many bytes.
    private func layer(_ number: Int, bytes: Int = 1 << 16) throws -> Digest {
        let diffID = Digest(of: "layer \(number)".utf8)
        _ = try store.layers.withDirectory(of: diffID) { folder in
            let place = try OpenFile.open(folder.string, [.read, .directory])
            try place.open("f", [.write, .create]).writeAll([UInt8](repeating: 7, count: bytes))
            try place.makeHardLink("g", to: place.open("f", [.read]))
            try place.open("hole", [.write, .create]).truncate(to: 1 << 40)
        }
        return diffID
    }

    /// As if it was used last so many days ago: change times cannot be set, so the mark is what is later.
    private func use(_ kind: String, _ name: String, inDays days: Int64) throws {
        let folder = try OpenFile.open(store.state.root.appending("used/\(kind)").string, [.read, .directory])
        try folder.open(FileName(name), [.write, .create]).setTimes(modified: FileTime(seconds: now + days * Self.day))
    }

    private func prune(_ change: (inout PruneRules) -> Void = { _ in }) throws -> PruneReport {
        var rules = PruneRules()
        change(&rules)
        return try Pruning(store.state).run(rules)
    }

    private func row(_ kind: StoreClass, _ report: PruneReport) throws -> PruneReport.Row {
        try #require(report.rows.first { $0.kind == kind })
    }

    private var layers: [String] { get throws { try store.names(store.state.layers) } }
    private var blobs: [String] { get throws { try store.names(store.state.blobs) } }

    // MARK: - Which go

    @Test func `without a limit all goes but logs, and nothing is left in tmp or of marks`() throws {
        _ = try (blob("a"), layer(1))
        try use("layers", Digest(of: "layer 1".utf8).hex, inDays: 1)
        try store.write("log", to: store.state.logs.appending("l"))
        let report = try prune()
        #expect(try layers == [] && blobs == [])
        #expect(try store.names(store.state.temporary) == [])
        #expect(try store.names(store.state.root.appending("used/layers")) == [])
        #expect(try store.names(store.state.logs) == ["l"])
        #expect(report.rows.map(\.kind) == [.layers, .blobs, .steps, .mounts, .contexts])
        #expect(try row(.layers, report).removedItems == 1)
    }

    @Test func `sizes are what is taken on the disk, each file once`() throws {
        _ = try layer(1, bytes: 1 << 20)
        let row = try row(.layers, prune { $0.isDryRun = true })
        #expect((1 << 20..<3 << 19).contains(Int(row.sizeInBytes)))
        #expect(row.removedBytes == row.sizeInBytes)
        #expect(try layers.count == 1)
        let again = try self.row(.layers, prune { $0.isDryRun = true })
        #expect(again == row, "measured once, and no use")
    }

    @Test func `a dry run says what the run does`() throws {
        for number in 0..<40 { _ = try (layer(number, bytes: 5000), blob("blob \(number)")) }
        func rules(_ rules: inout PruneRules) { rules.keepBytes = 200_000 }
        let dry = try prune {
            rules(&$0)
            $0.isDryRun = true
        }
        #expect(try layers.count == 40)
        let real = try prune(rules)
        #expect(dry.rows == real.rows)
        #expect(real.storeBytes <= 200_000 && real.storeBytes > 150_000)
    }

    @Test func `what was used before the limit goes`() throws {
        let (old, new) = try (layer(1), layer(2))
        try use("layers", new.hex, inDays: 10)
        let report = try prune { $0.unusedSince = now + 5 * Self.day }
        #expect(try layers == [new.hex])
        #expect(report.removed.map(\.name) == [FileName(old.hex)])
    }

    @Test func `for a size the least recently used of all classes go first`() throws {
        let digests = try (1...3).map { try layer($0) } + [blob(String(repeating: "b", count: 70_000))]
        for (days, digest) in zip([3, 1, 4, 2] as [Int64], digests) {
            try use(digest == digests[3] ? "blobs" : "layers", digest.hex, inDays: days)
        }
        let report = try prune { $0.keepBytes = 160_000 }
        #expect(report.removed.map(\.name) == [FileName(digests[1].hex), FileName(digests[3].hex)])
        #expect(try layers.sorted() == [digests[0].hex, digests[2].hex].sorted())
    }

    @Test func `only the classes that were asked for go, and count`() throws {
        let (_, kept) = try (blob("a"), layer(1))
        let report = try prune { $0.classes = [.blobs] }
        #expect(report.rows.map(\.kind) == [.blobs])
        #expect(try layers == [kept.hex] && blobs == [])
    }

    @Test func `logs go by their age, those of failures later`() throws {
        let folder = store.state.logs.appending("RUN")
        _ = try OpenFile.makeFolders(folder.string)
        let place = try OpenFile.open(folder.string, [.read, .directory])
        for (name, days) in [("old.log", 40), ("failed.log", 40), ("failed-old.log", 100), ("new.log", 1)] {
            try place.open(FileName(name), [.write, .create]).setTimes(
                modified: FileTime(seconds: now - Int64(days) * Self.day))
        }
        let report = try prune {
            $0.classes = [.logs]
            $0.keepBytes = 0
            $0.logsSince = now - 30 * Self.day
            $0.failedLogsSince = now - 90 * Self.day
            $0.failedLogs = ["logs/RUN/failed.log", "logs/RUN/failed-old.log"]
        }
        #expect(try store.names(folder) == ["failed.log", "new.log"])
        #expect(report.storeBytes == 0)
        _ = try prune {
            $0.classes = [.logs]
            $0.unusedSince = now + Self.day
        }
        #expect(try store.names(store.state.logs) == [])
    }

    @Test func `records of steps and contexts go too`() throws {
        let key = Digest(of: "key".utf8)
        try store.steps.record(
            StepRecord(layer: nil, diffID: nil, created: "", parts: ["a": "b"]), key: key, place: "p")
        let tree = store.state.contexts.appending("git/abc/tree")
        _ = try OpenFile.makeFolders(tree.string)
        let report = try prune { $0.classes = [.steps, .contexts] }
        #expect(try row(.steps, report).removedItems == 2)
        #expect(try row(.contexts, report).removedItems == 1)
        #expect(try store.steps.find(key) == nil)
        #expect(try !ContextLease(store.state).keep(tree))
    }

    @Test func `a cache that a step uses stays`() throws {
        let mounts = try MountStore(store.state)
        var lease: MountLease? = try mounts.acquire(MountStore.Key(id: "a"), .shared) { _ in }
        #expect(try row(.mounts, prune()).usedItems == 1)
        _ = lease
        lease = nil
        #expect(try row(.mounts, prune()).removedItems == 1)
        #expect(try mounts.entries().isEmpty)
    }

    // MARK: - While a run has the folder

    /// As if everything that is there now was made before the run that begins now. The slack for clocks is ten minutes.
    private func beginRun() throws -> (lock: RunLock, layers: LayerStore, blobs: BlobStore) {
        let lock = try RunLock.acquire(store.state, wait: false)
        try OpenFile.open(store.state.root.string, [.read, .directory])
            .setTimes(of: "lock", modified: FileTime(seconds: now + 3600))
        return (lock, try LayerStore(store.state), try BlobStore(store.state))
    }

    /// Marks get the real time, which is before the pretended beginning of the run: they are moved on.
    private func passTime() throws {
        for kind in ["layers", "blobs", "contexts"] {
            let folder = try OpenFile.open(store.state.root.appending("used/\(kind)").string, [.read, .directory])
            for entry in try folder.open(".", [.read, .directory]).entries() {
                try folder.setTimes(of: entry.name, modified: FileTime(seconds: now + 3601))
            }
        }
    }

    @Test func `what a run has found stays, what it has not goes`() throws {
        let (usedLayer, idleLayer) = try (layer(1), layer(2))
        let (usedBlob, readBlob, idleBlob) = try (blob("1"), blob("2"), blob("3"))
        let (usedTree, idleTree) = ("git/one", "archives/two")
        for tree in [usedTree, idleTree] { _ = try OpenFile.makeFolders(store.state.contexts.appending(tree).string) }
        let run = try beginRun()
        #expect(try run.layers.directory(of: usedLayer) != nil)
        #expect(try run.blobs.contains(usedBlob))
        _ = try run.blobs.open(readBlob)
        #expect(try ContextLease(store.state).keep(store.state.contexts.appending(usedTree + "/tree/x")))
        try passTime()
        let report = try prune()
        #expect(try layers == [usedLayer.hex])
        #expect(try blobs == [usedBlob.hex, readBlob.hex].sorted())
        #expect(try ContextLease(store.state).keep(store.state.contexts.appending(usedTree)))
        #expect(try !ContextLease(store.state).keep(store.state.contexts.appending(idleTree)))
        #expect(report.removed.map(\.name).contains(FileName(idleBlob.hex)))
        #expect(report.removed.map(\.name).contains(FileName(idleLayer.hex)))
        #expect(try row(.layers, report).usedItems == 1)
        withExtendedLifetime(run.lock) {}
    }

    @Test func `what a run makes stays`() throws {
        let lock = try RunLock.acquire(store.state, wait: false)
        let (made, written) = try (layer(1), blob("1"))
        #expect(try prune().removed.isEmpty)
        #expect(try layers == [made.hex] && blobs == [written.hex])
        withExtendedLifetime(lock) {}
    }

    @Test func `using a thing again in one run writes nothing`() throws {
        let digest = try blob("1")
        let run = try beginRun()
        #expect(try run.blobs.contains(digest))
        try passTime()
        let mark = store.state.root.appending("used/blobs/\(digest.hex)").string
        let before = try OpenFile.open(mark, [.read]).status().changed
        #expect(try run.blobs.contains(digest))
        #expect(try OpenFile.open(mark, [.read]).status().changed == before)
        withExtendedLifetime(run.lock) {}
    }

    /// Runs, one after the other, find and make things as fast as they can while others prune all that no run uses.
    @Test(.timeLimit(.minutes(10))) func `runs and prunes at once never lose what was found`() async throws {
        let state = store.state
        for _ in 0..<12 {
            let lock = try RunLock.acquire(state, wait: false)
            try await withThrowingTaskGroup(of: Int.self) { group in
                for worker in 0..<3 { group.addTask { try Self.losses(in: state, worker: worker) } }
                for _ in 0..<2 {
                    group.addTask {
                        var rules = PruneRules()
                        rules.slackInSeconds = 0
                        for _ in 0..<15 { _ = try Pruning(state).run(rules) }
                        return 0
                    }
                }
                for try await losses in group { #expect(losses == 0) }
            }
            withExtendedLifetime(lock) {}
        }
    }

    /// How often something was not there after it was found or made.
    private static func losses(in state: StateFolder, worker: Int) throws -> Int {
        var losses = 0
        for round in 0..<25 {
            // Each round is a user of its own, as an executor is.
            let (blobs, layers) = try (BlobStore(state), LayerStore(state))
            let text = Array("item \((round + worker) % 12)".utf8)
            let digest = try blobs.write(text)
            if try blobs.read(digest) != text { losses += 1 }
            let folder = try layers.withDirectory(of: digest) { folder in
                _ = try OpenFile.makeFolders(folder.appending("d").string)
            }
            if try OpenFile.open(folder.string, [.read, .directory]).entries().count != 1 { losses += 1 }
        }
        return losses
    }

    @Test func `a prune that is over early says so, and leaves whole items`() throws {
        for number in 0..<40 { _ = try blob("\(number)") }
        var asked = 0
        let report = try Pruning(store.state).run(PruneRules()) {
            asked += 1
            return asked > 1
        }
        #expect(report.isPartial)
        #expect(report.removed.count == 16)
        #expect(try blobs.count == 24)
    }

    @Test func `a prune that is killed at any moment leaves whole items, and the next start sweeps the rest`() throws {
        for round in 0..<12 {
            for number in 0..<60 { _ = try layer(number, bytes: 100) }
            let probe = try Probe("prune", store.state)
            try probe.waitForLine()
            usleep(UInt32(round * 400))
            probe.kill()
            for name in try layers {
                #expect(try store.names(store.state.layers.appending(name)) == ["f", "g", "hole"])
            }
            _ = try store.state.sweep()
            #expect(try store.names(store.state.temporary) == [])
        }
    }
}
