internal import FileSystem
public import OCI
public import SystemPackage

/// Unpacked layers by diffID: directories as overlayfs takes them, immutable once they have their name.
///
/// A deleted file is a 0/0 character device, an opaque directory has `user.overlay.opaque` = `y`; owners are the image's.
public struct LayerStore: Sendable {
    private let state: StateFolder
    private let layers: OpenFile
    private let temporary: OpenFile
    private let locks: OpenFile
    private let marks: UseMarks

    /// Opens the store of a state folder that was prepared.
    public init(_ state: StateFolder) throws(StorageError) {
        self.state = state
        layers = try state.open(state.layers)
        temporary = try state.open(state.temporary)
        locks = try state.open(state.locks)
        marks = try UseMarks(state)
    }

    /// The directory of a layer that is there, complete; it stays for the rest of the run.
    public func directory(of diffID: Digest) throws(StorageError) -> FilePath? {
        let status = try storing("looking for layer \(diffID)") { () throws(SystemError) in
            try marks.use(.layers, FileName(diffID.hex), in: layers)
        }
        return status == nil ? nil : path(of: diffID)
    }

    /// The directory of a layer; `unpack` fills an empty one if there is none. While one process unpacks a layer, others
    /// that want the same one wait and then use it.
    public func withDirectory(of diffID: Digest, unpack: (FilePath) throws -> Void) throws -> FilePath {
        if let present = try directory(of: diffID) { return present }
        let lock = try locks.open(FileName(diffID.hex), [.readWrite, .create], mode: 0o600)
        try lock.lock(waiting: true)
        defer { withExtendedLifetime(lock) {} }
        if let present = try directory(of: diffID) { return present }
        let folder = try makeTemporary("layer")
        do {
            try unpack(folder)
        } catch {
            discardIfPossible(folder)
            throw error
        }
        return try adopt(folder, as: diffID)
    }

    /// Gives a finished directory its name; if the layer is there already, that one stays and this one goes.
    public func adopt(_ folder: FilePath, as diffID: Digest) throws(StorageError) -> FilePath {
        let name = try Self.name(of: folder)
        while true {
            do {
                try marks.sharing { () throws(SystemError) in
                    try temporary.rename(name, to: FileName(diffID.hex), in: layers, replacing: false)
                }
                return path(of: diffID)
            } catch {
                guard error.isExisting else { throw .system(error, doing: "naming layer \(diffID)") }
            }
            // Unless it is pruned at this very moment.
            guard let present = try directory(of: diffID) else { continue }
            try discard(folder)
            return present
        }
    }

    /// A new empty directory below `tmp`, 0755.
    public func makeTemporary(_ prefix: String) throws(StorageError) -> FilePath {
        let name = OpenFile.temporaryName(prefix)
        try storing("making a folder for a \(prefix)") { () throws(SystemError) in
            try temporary.makeDirectory(name)
            // The mode of mkdir is cut by the umask.
            try temporary.open(name, [.pathOnly, .directory]).setPermissions(0o755)
        }
        return state.temporary.appending(name.description)
    }

    /// After a failure, which is what matters: what cannot be removed now is swept at the next start.
    private func discardIfPossible(_ folder: FilePath) {
        do {
            try discard(folder)
        } catch {
            _ = error
        }
    }

    /// Removes a directory made by `makeTemporary`.
    public func discard(_ folder: FilePath) throws(StorageError) {
        let name = try Self.name(of: folder)
        try storing("removing \(folder)") { () throws(SystemError) in try temporary.removeTree(name) }
    }

    private func path(of diffID: Digest) -> FilePath { state.layers.appending(diffID.hex) }

    private static func name(of folder: FilePath) throws(StorageError) -> FileName {
        guard let name = folder.lastComponent else {
            throw .notAStateFolder(path: folder.string, reason: "it is no folder of the store")
        }
        return FileName(name.string)
    }
}
