import FileSystem
import Glibc
import Layers
import OCI
import Storage
import SystemPackage

/// Reads all members and their content.
final class TarTarget: Target {
    func run(_ bytes: [UInt8]) throws -> Outcome {
        var reader = TarReader(MemorySource(bytes))
        do {
            while try reader.next() != nil { try reader.readContent { _ in } }
            return .accepted
        } catch is LayersError {
            return .refused
        }
    }
}

/// A folder in memory, if there is one, with a root to unpack to and a file beside it that must not change.
final class UnpackFolder {
    let path: String
    let folder: OpenFile
    private let bystander: FileStatus

    init() throws {
        let place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        var template = Array("\(place)/build-all-fuzz.XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SystemError(call: "mkdtemp", code: errno, path: place) }
        path = String(cString: made)
        folder = try OpenFile.open(path, [.read, .directory])
        try folder.open("x", [.write, .create], mode: 0o600).writeAll([1])
        bystander = try folder.status(of: "x")
    }

    /// Gives a file of this folder new content.
    func write(_ name: FileName, _ bytes: [UInt8]) throws -> OpenFile {
        let file = try folder.open(name, [.readWrite, .create, .truncate], mode: 0o600)
        try file.writeAll(bytes)
        return file
    }

    /// Makes an empty folder `root` for the body, and looks afterwards whether something outside of it changed.
    func withRoot(_ body: (OpenFile) throws -> Outcome) throws -> Outcome {
        try folder.makeDirectory("root")
        defer { removeRoot() }
        let outcome = try body(folder.open("root", [.read, .directory]))
        let names = Set(try OpenFile.open(path, [.read, .directory]).entries().map(\.name))
        precondition(
            names.isSubset(of: ["root", "x", "input", "state", "lower"]), "something was made outside the root")
        let status = try folder.status(of: "x")
        precondition(status == bystander, "something outside the root was changed")
        return outcome
    }

    private func removeRoot() {
        do {
            try folder.removeTree("root")
        } catch {
            preconditionFailure("what was unpacked cannot be removed: \(error)")
        }
    }

    deinit {
        do {
            let end = path.lastIndex(of: "/") ?? path.startIndex
            let name = FileName(String(path[path.index(after: end)...]))
            try OpenFile.open(String(path[..<end]), [.read, .directory]).removeTree(name)
        } catch {
            print("\(path) is left: \(error)")
        }
    }
}

private let limits = UnpackLimits(entries: 1000, bytes: 1 << 30)

/// Unpacks an archive as ADD does.
final class ArchiveTarget: Target {
    private let folder: UnpackFolder

    init() throws { folder = try UnpackFolder() }

    func run(_ bytes: [UInt8]) throws -> Outcome {
        let file = try folder.write("input", bytes)
        guard let kind = try archiveKind(of: file) else { return .refused }
        return try folder.withRoot { root in
            do {
                _ = try extractArchive(file, kind: kind, into: root, limits: limits)
                return .accepted
            } catch is LayersError {
                return .refused
            }
        }
    }
}

/// Unpacks a layer onto a lower one. Its digest is never right: that is seen at the very end.
final class LayerTarget: Target {
    private let folder: UnpackFolder
    private let blobs: BlobStore
    private let digest = Digest(of: [1])

    init() throws {
        folder = try UnpackFolder()
        let state = StateFolder(FilePath("\(folder.path)/state"))
        try state.prepare()
        blobs = try BlobStore(state)
        _ = try blobs.write([1])
        let lower = try OpenFile.makeFolders("\(folder.path)/lower/d/e")
        _ = try lower.open("f", [.write, .create], mode: 0o600)
        let root = try OpenFile.open("\(folder.path)/lower", [.read, .directory])
        try root.makeSymlink("l", target: "d/e")
        try root.makeSymlink("loop", target: "loop")
        try root.makeSymlink("out", target: "../../../x")
        _ = try root.open("f", [.write, .create], mode: 0o600)
    }

    func run(_ bytes: [UInt8]) throws -> Outcome {
        let path = blobs.path(of: digest).string
        chmod(path, 0o600)
        try OpenFile.open(path, [.write, .truncate]).writeAll(bytes)
        let layer = Descriptor(mediaType: .layer, digest: digest, size: Int64(bytes.count))
        return try folder.withRoot { _ in
            do {
                try unpackLayer(
                    layer, diffID: digest, from: blobs, into: FilePath("\(folder.path)/root"),
                    lowers: [FilePath("\(folder.path)/lower")], limits: limits)
            } catch LayersError.digestMismatch {
                return .accepted
            } catch is LayersError {
                return .refused
            }
            preconditionFailure("a wrong digest was taken")
        }
    }
}
