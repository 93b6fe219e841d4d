import FileSystem
import Glibc
import OCI
import Storage
import SystemPackage

struct StorageProbe {
    let command: String
    let state: StateFolder
    let seed: Int

    init(_ arguments: [String]) {
        command = arguments[0]
        state = StateFolder(FilePath(arguments[1]))
        seed = arguments.count > 2 ? Int(arguments[2]) ?? 0 : 0
    }

    func run() throws {
        switch command {
        case "hold": try hold()
        case "sweep": try sweep()
        case "write": try write()
        case "lock-cache": try lockCache()
        case "prune": try prune()
        default: print("unknown command \(command)")
        }
    }

    private func say(_ line: String) {
        print(line)
        fflush(nil)
    }

    /// Takes the run lock, says so and waits to be killed.
    private func hold() throws {
        let lock = try RunLock.acquire(state, wait: false)
        say("holding")
        while true { pause() }
        withExtendedLifetime(lock) {}
    }

    /// Takes a locked cache, whose id is the seed, says so and waits to be killed.
    private func lockCache() throws {
        let lease = try MountStore(state).acquire(MountStore.Key(id: "\(seed)"), .locked) { _ in }
        say("locked")
        while true { pause() }
        withExtendedLifetime(lease) {}
    }

    /// Says so and removes everything.
    private func prune() throws {
        say("pruning")
        _ = try Pruning(state).run(PruneRules())
    }

    private func sweep() throws {
        let report = try state.sweep()
        for name in report.foreign { print("foreign \(name.prefix { $0 != "-" })") }
        print("dropped \(report.droppedLayers)")
    }

    /// Blobs, layers, records and content digests without end, most of them those that others write too.
    private func write() throws {
        let blobs = try BlobStore(state)
        let layers = try LayerStore(state)
        let steps = try StepCache(state, blobs: blobs)
        let context = try OpenFile.open("/usr/include", [.read, .directory])
        say("writing")
        for number in seed... {
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 1000 + number % 7 * 50_000)
            let digest = try blobs.write(bytes)
            let diffID = Digest(of: "layer \(number % 40)".utf8)
            _ = try layers.withDirectory(of: diffID) { folder in
                let folder = try OpenFile.open(folder.string, [.read, .directory])
                for file in 0..<20 { try folder.makeSymlink(FileName("f\(file)"), target: "x") }
            }
            let record = StepRecord(
                layer: Descriptor(mediaType: .layerGzip, digest: digest, size: Int64(bytes.count)), diffID: diffID,
                created: "now", parts: ["number": "\(number)"])
            try steps.record(record, key: Digest(of: "step \(number % 30)".utf8), place: "place \(number % 5)")
            let contents = try ContentDigestCache(state, context: "/context \(number % 3)")
            let files = try ["stdio.h", "stdlib.h"].map {
                ContentFile(path: FileName($0), status: try context.status(of: FileName($0)))
            }
            _ = try contents.digests(of: files, below: context)
            try contents.save()
        }
    }
}
