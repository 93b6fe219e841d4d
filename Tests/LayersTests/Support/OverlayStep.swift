import FileSystem
import Glibc
import Layers
import OCI
import Storage
import SystemPackage

/// A shell script that ran in an overlay mount, and the store for what it changed.
struct OverlayStep {
    static let isPossible = geteuid() == 0

    let scratch: Scratch
    let blobs: BlobStore
    let lowers: [FilePath]
    let upper: FilePath
    let output: String

    /// Makes the lower directories, the first nearest, each by a script that runs in it, and runs `step` in their merged view.
    init(lowers: [String] = [""], _ step: String) throws {
        scratch = try Scratch()
        let state = StateFolder(FilePath("\(scratch.path)/state"))
        try state.prepare()
        blobs = try BlobStore(state)
        var folders: [String] = []
        for (number, script) in lowers.enumerated() {
            folders.append(try scratch.makeFolder("lower\(number)"))
            let made = Shell("cd \(folders[number]) && \(script.isEmpty ? "true" : script)")
            guard made.status == 0 else { throw Failure(output: made.output) }
        }
        let upper = try scratch.makeFolder("upper")
        let work = try scratch.makeFolder("work")
        let merged = try scratch.makeFolder("merged")
        self.lowers = folders.map { FilePath($0) }
        self.upper = FilePath(upper)
        let script = try scratch.write("step.sh", Array(step.utf8))
        let options = "userxattr,lowerdir=\(folders.joined(separator: ":")),upperdir=\(upper),workdir=\(work)"
        let run = Shell(
            "unshare -m sh -ec 'mount -t overlay -o \(options) overlay \(merged); cd \(merged); umask 022; . \(script)'"
        )
        guard run.status == 0 else { throw Failure(output: run.output) }
        output = run.output
    }

    struct Failure: Error { let output: String }

    func commit(
        excluded: [FileName] = [], epoch: Int64? = nil, warn: (String) -> Void = { _ in }
    ) throws -> CommittedLayer {
        try commitLayer(of: upper, lowers: lowers, excluded: excluded, epoch: epoch, into: blobs, warn: warn)
    }

    func members(excluded: [FileName] = [], omitsCopies: Bool = false) throws -> [Member] {
        let sink = MemorySink()
        var writer = TarWriter(to: sink)
        try LayerDiff(excluded: excluded, omitsCopies: omitsCopies).write(
            upper: .open(upper.string, [.read, .directory]),
            lowers: lowers.map { try .open($0.string, [.read, .directory]) }, to: &writer)
        try writer.finish()
        return try Archive.members(sink.bytes)
    }

    /// Paths of the layer, a directory's with a slash, a link's with its target.
    func names(excluded: [FileName] = [], omitsCopies: Bool = false) throws -> [String] {
        try members(excluded: excluded, omitsCopies: omitsCopies).map { member in
            switch member.entry.kind {
            case .directory: "\(member.entry.path)/"
            case .hardLink: "\(member.entry.path) = \(member.entry.linkTarget)"
            case .symlink: "\(member.entry.path) -> \(member.entry.linkTarget)"
            default: "\(member.entry.path)"
            }
        }
    }

    /// Commits the layer and unpacks it again: where it is.
    func unpacked() throws -> String {
        let layer = try commit()
        let folder = try scratch.makeFolder("unpacked")
        try unpackLayer(
            layer.descriptor, diffID: layer.diffID, from: blobs, into: FilePath(folder), lowers: lowers)
        return folder
    }
}
