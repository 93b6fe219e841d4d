internal import FileSystem
internal import Glibc

/// Makes the files that a tar stream describes, by descriptors: nothing outside the root can be reached.
final class TreeUnpacker {
    let root: OpenFile
    let form: TargetForm
    let owner: FileOwner?
    let makesDevices: Bool
    let limits: UnpackLimits
    let resolver: FolderResolver
    var folders = FolderMetadata()
    private var entryCount: Int64 = 0
    private var byteCount: Int64 = 0

    /// `owner` is given to all entries instead of their own.
    init(
        root: OpenFile, form: TargetForm, owner: FileOwner? = nil, makesDevices: Bool = true, limits: UnpackLimits
    ) {
        self.root = root
        self.form = form
        self.owner = owner
        self.makesDevices = makesDevices
        self.limits = limits
        resolver = FolderResolver(root: root, form: form)
        resolver.didCopyFolder = { [unowned self] path, status, attributes in
            folders.set(
                path,
                FolderMetadata.Values(
                    permissions: status.permissions, uid: status.uid, gid: status.gid, modified: status.modified,
                    attributes: attributes))
        }
    }

    /// Unpacks all entries, and reads the stream to its end. Returns how many there were.
    func unpack(_ source: any ByteSource) throws -> Int64 {
        var reader = TarReader(source, headerLimit: limits.headerBytes)
        while let entry = try reader.next() {
            try count(entry)
            try explaining(entry) { try unpack(entry, &reader) }
        }
        try reader.drain()
        try folders.apply(in: root) { path, folder, values in
            try explaining(TarEntry(path: path(), kind: .directory, uid: values.uid, gid: values.gid)) {
                try finish(folder, values)
            }
        }
        return entryCount
    }

    private func count(_ entry: TarEntry) throws(LayersError) {
        entryCount += 1
        guard entryCount <= limits.entries else { throw .tooLarge(.entries, limit: limits.entries) }
        guard entry.size <= limits.bytes - byteCount else { throw .tooLarge(.bytes, limit: limits.bytes) }
        byteCount += entry.size
    }

    /// Names the entry in what goes wrong with it.
    private func explaining(_ entry: @autoclosure () -> TarEntry, _ work: () throws -> Void) throws {
        do {
            try work()
        } catch let refusal as EntryRefusal {
            throw LayersError.refusedEntry(entry().path, refusal)
        } catch let error as SystemError {
            let entry = entry()
            let owner = owner ?? FileOwner(uid: entry.uid, gid: entry.gid)
            if error.call == "fchownat", error.isInvalid {
                throw LayersError.unmappedOwner(entry.path, uid: owner.uid, gid: owner.gid)
            }
            throw LayersError.cannotUnpack(entry.path, error)
        }
    }

    private func unpack(_ entry: TarEntry, _ reader: inout TarReader) throws {
        let path = try EntryPath(entry.path, limit: limits.pathLength)
        if let attribute = entry.attributes.first(where: { OverlayMark.isOverlayName($0.name) }) {
            throw EntryRefusal.overlayAttribute(attribute.name)
        }
        guard let name = path.name else {
            guard entry.kind == .directory else { throw EntryRefusal.replacesRoot }
            return folders.set([], values(entry))
        }
        if case .overlay = form, WhiteoutName.isWhiteout(name) { return try unpackWhiteout(name, path.parent) }
        let place = Place(folder: try resolver.folder(path.parent), name: name)
        try make(entry, at: place, &reader)
    }

    private func make(_ entry: TarEntry, at place: Place, _ reader: inout TarReader) throws {
        switch entry.kind {
        case .regular: try makeRegular(entry, at: place, &reader)
        case .directory: try makeFolder(entry, at: place)
        case .hardLink: try makeHardLink(entry, at: place)
        case .symlink: try makeSymlink(entry, at: place)
        case .characterDevice, .blockDevice, .fifo: try makeNode(entry, at: place)
        }
    }

    func values(_ entry: TarEntry) -> FolderMetadata.Values {
        FolderMetadata.Values(
            permissions: entry.permissions, uid: owner?.uid ?? entry.uid, gid: owner?.gid ?? entry.gid,
            modified: entry.modified, attributes: entry.attributes)
    }
}

/// Who owns a file.
public struct FileOwner: Hashable, Sendable {
    public var uid: UInt32
    public var gid: UInt32

    public init(uid: UInt32, gid: UInt32) {
        self.uid = uid
        self.gid = gid
    }
}

/// A name in an open directory.
struct Place {
    let folder: FolderResolver.Folder
    let name: FileName

    var file: OpenFile { folder.file }
    /// The real path.
    var path: [FileName] { folder.path + [name] }
}
