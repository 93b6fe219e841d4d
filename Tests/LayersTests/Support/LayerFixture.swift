import FileSystem
import Glibc
import Layers
import OCI
import Storage
import SystemPackage

/// A store with one layer made of members, and a folder to unpack it to.
struct LayerFixture {
    static let isRoot = geteuid() == 0

    let scratch: Scratch
    let blobs: BlobStore
    let target: String

    init() throws {
        scratch = try Scratch()
        let state = StateFolder(FilePath("\(scratch.path)/state"))
        try state.prepare()
        blobs = try BlobStore(state)
        target = try scratch.makeFolder("target")
    }

    /// Unpacks members as a plain tar layer; lowers are folders by name, each made by a script.
    func unpack(_ members: [Member], lowers: [String] = [], limits: UnpackLimits = UnpackLimits()) throws {
        try unpack(bytes: Archive.bytes(members), lowers: lowers, limits: limits)
    }

    func unpack(bytes: [UInt8], lowers: [String] = [], limits: UnpackLimits = UnpackLimits()) throws {
        let folders = try lowers.enumerated().map { number, script in
            let folder = try scratch.makeFolder("lower\(number)")
            _ = Shell("cd \(folder) && \(script)")
            return FilePath(folder)
        }
        let digest = try blobs.write(bytes)
        let layer = Descriptor(mediaType: .layer, digest: digest, size: Int64(bytes.count))
        try unpackLayer(layer, diffID: digest, from: blobs, into: FilePath(target), lowers: folders, limits: limits)
    }

    func listing() throws -> [String] { try Listing.of(target, times: false) }

    /// `path kind` for all files.
    func kinds() throws -> [String] {
        try listing().map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
    }
}

func file(_ path: FileName, _ text: String = "", mode: UInt16 = 0o644) -> Member {
    Member(TarEntry(path: path, kind: .regular, permissions: mode), Array(text.utf8))
}

func folder(_ path: FileName, mode: UInt16 = 0o755) -> Member {
    Member(TarEntry(path: path, kind: .directory, permissions: mode))
}

func link(_ path: FileName, to target: FileName) -> Member {
    Member(TarEntry(path: path, kind: .symlink, permissions: 0o777, linkTarget: target))
}

func hardLink(_ path: FileName, to target: FileName) -> Member {
    Member(TarEntry(path: path, kind: .hardLink, linkTarget: target))
}
