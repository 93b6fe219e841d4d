internal import FileSystem
internal import Glibc
internal import Sandbox
internal import SystemPackage

/// What a step sees in its root folder and that is no part of its layer, where nothing can be mounted: put into its place
/// before the step and taken out after it. What the image has there is put aside meanwhile.
///
/// Folders that last (caches) are moved in and back; everything else is made or copied for the step and removed after it.
final class RootFurniture {
    /// One thing in its place. The folder that it is in is held by a descriptor: it is found again wherever it was moved.
    private struct Piece {
        let target: String
        let parent: OpenFile
        let name: FileName
        let identity: FileIdentity
        /// Where it goes back to; nil for what is removed.
        let home: (folder: OpenFile, name: FileName)?
        /// The image's own, in the workshop.
        let covered: FileName?
    }

    private let root: OpenFile
    /// An empty folder on the root's file system.
    private let workshop: OpenFile
    private var pieces: [Piece] = []
    /// Folders that were made on the way to a target.
    private var made: [(parent: OpenFile, name: FileName)] = []
    /// Where folders that are wanted in several places are already.
    private var places: [FilePath: String] = [:]
    private var count = 0

    init(_ root: OpenFile, workshop: OpenFile) {
        self.root = root
        self.workshop = workshop
    }

    func place(hostname: String, _ mounts: [StepMount]) throws {
        for machine in try MachineFiles(hostname: hostname).make(in: workshop) {
            try put(machine.name, from: workshop, at: machine.target, coversLink: true)
        }
        for mount in mounts { try place(mount) }
    }

    /// In reverse order: a target may lie in an earlier one. What cannot be taken out now must not get into a layer, so
    /// the first failure is thrown once all have been tried.
    func takeOut() throws {
        var failure: (any Error)?
        for piece in pieces.reversed() {
            do { try takeOut(piece) } catch { failure = failure ?? error }
        }
        for folder in made.reversed() {
            try keepingTime(of: folder.parent) { try folder.parent.removeIfEmpty(folder.name) }
        }
        (pieces, made, places) = ([], [], [:])
        if let failure { throw failure }
    }

    // MARK: - What is placed

    private func place(_ mount: StepMount) throws {
        switch mount.kind {
        case .layers(let folders, let path, _):
            let source = try folders.first.map { try OpenFile.open($0.string, [.read, .directory]) }
            try put(copy(path, of: source, mount.target), from: workshop, at: mount.target)
        case .folder(let folder, isReadOnly: false, path: ""): try placeLasting(folder, at: mount.target)
        case .folder(let folder, _, let path):
            let source = try OpenFile.open(folder.string, [.read, .directory])
            try put(copy(path, of: source, mount.target), from: workshop, at: mount.target)
        case .memory: try put(makeFolder(0o1777), from: workshop, at: mount.target, takesMode: true)
        case .file(let content, let mode, let uid, let gid):
            let name = nextName()
            let file = try workshop.open(name, [.write, .create, .exclusive], mode: 0o600)
            try OpenFile(borrowing: content).copyAll(to: file)
            try file.setOwner(uid: uid, gid: gid)
            try file.setPermissions(mode)
            try put(name, from: workshop, at: mount.target)
        case .socket(let socket, let mode, let uid, let gid):
            let name = nextName()
            let file = try OpenFile.open(socket.string, [.pathOnly, .noFollow])
            try workshop.makeHardLink(name, to: file)
            try file.setOwner(uid: uid, gid: gid)
            try file.setPermissions(mode)
            try put(name, from: workshop, at: mount.target)
        }
    }

    /// A second place of the same folder is a link to the first.
    private func placeLasting(_ folder: FilePath, at target: String) throws {
        if let first = places[folder] {
            let name = nextName()
            try workshop.makeSymlink(name, target: FileName(first))
            return try put(name, from: workshop, at: target)
        }
        let home = try OpenFile.open(folder.removingLastComponent().string, [.read, .directory])
        let name = FileName(folder.lastComponent?.string ?? "")
        places[folder] = target
        try put(name, from: home, at: target, lasts: true)
    }

    private func makeFolder(_ mode: UInt16) throws -> FileName {
        let name = nextName()
        try workshop.makeDirectory(name)
        try workshop.open(name, [.pathOnly, .directory]).setPermissions(mode)
        return name
    }

    private func copy(_ path: String, of source: OpenFile?, _ target: String) throws -> FileName {
        guard let source else { return try makeFolder(0o755) }
        let tree = SourceTree(root: source, keepsMetadata: true)
        guard let resolved = try tree.resolve(RootPath(path)) else {
            throw SandboxError.mount(what: "open what is mounted at \(target) from \(path)", errno: ENOENT)
        }
        let name = nextName()
        let status = try tree.status(resolved)
        if status.kind == .directory {
            try workshop.makeDirectory(name)
            let folder = try tree.open(resolved, [.read, .directory])
            try TreeOverlay(folder, into: workshop.open(name, [.read, .directory])).run()
        } else {
            let folder = try tree.open(resolved.parent, [.pathOnly, .directory])
            try folder.copyNode(FileName(resolved.last ?? []), status, to: workshop, as: name)
        }
        return name
    }

    private func nextName() -> FileName {
        count += 1
        return FileName("\(count)")
    }

    // MARK: - Into a place and out of it

    private func put(
        _ source: FileName, from folder: OpenFile, at target: String, coversLink: Bool = false, lasts: Bool = false,
        takesMode: Bool = false
    ) throws {
        let resolver = PathResolver { [root] in try root.found($0) ?? .missing }
        let resolved = try resolver.resolve(RootPath(target), followsLast: !coversLink)
        guard let last = resolved.path.last else { throw SandboxError.mount(what: "mount at \(target)", errno: EBUSY) }
        let parent = try folderForPieces(resolved.path.parent, target)
        let name = FileName(last)
        let status = try folder.status(of: source)
        var covered: FileName?
        try keepingTime(of: parent) {
            if let present = try parent.statusIfPresent(of: name) {
                try check(present, covers: status, target, coversLink: coversLink)
                if takesMode { try folder.open(source, [.pathOnly]).setPermissions(present.permissions) }
                let aside = nextName()
                try parent.rename(name, to: aside, in: workshop)
                covered = aside
            }
            try folder.rename(source, to: name, in: parent, replacing: false)
        }
        pieces.append(
            Piece(
                target: target, parent: parent, name: name, identity: FileIdentity(status),
                home: lasts ? (folder, source) : nil, covered: covered))
    }

    private func check(_ present: FileStatus, covers new: FileStatus, _ target: String, coversLink: Bool) throws {
        guard !coversLink, new.kind != .symlink else { return }
        let (isFolder, wantsFolder) = (present.kind == .directory, new.kind == .directory)
        guard isFolder != wantsFolder else { return }
        throw SandboxError.mount(what: "mount at \(target)", errno: wantsFolder ? ENOTDIR : EISDIR)
    }

    /// The folder that a target is in; what is missing of it is made.
    private func folderForPieces(_ path: RootPath, _ target: String) throws -> OpenFile {
        var place = try root.open(".", [.read, .directory])
        for name in path.names.map(FileName.init) {
            if try place.statusIfPresent(of: name) == nil {
                try keepingTime(of: place) { try place.makeDirectory(name) }
                try place.open(name, [.pathOnly, .directory, .noFollow]).setPermissions(0o755)
                made.append((place, name))
            }
            do throws(SystemError) {
                place = try place.open(name, [.read, .directory, .noFollow])
            } catch {
                guard error.isNotDirectory else { throw error }
                throw SandboxError.mount(what: "mount at \(target)", errno: ENOTDIR)
            }
        }
        return place
    }

    private func takeOut(_ piece: Piece) throws {
        try keepingTime(of: piece.parent) {
            let present = try piece.parent.statusIfPresent(of: piece.name)
            if let home = piece.home { try bringBack(piece, home, present) }
            try piece.parent.removeTree(piece.name)
            guard let covered = piece.covered else { return }
            do throws(SystemError) {
                try workshop.rename(covered, to: piece.name, in: piece.parent)
            } catch {
                // The step removed the folder itself, and with it what was covered.
                guard error.isNotFound else { throw error }
            }
        }
    }

    /// A cache that the step removed begins anew; one that it moved elsewhere would end up in its layer.
    private func bringBack(
        _ piece: Piece, _ home: (folder: OpenFile, name: FileName), _ present: FileStatus?
    ) throws {
        if let present, FileIdentity(present) == piece.identity {
            return try piece.parent.rename(piece.name, to: home.name, in: home.folder, replacing: false)
        }
        try home.folder.makeDirectory(home.name)
        try home.folder.open(home.name, [.pathOnly, .directory]).setPermissions(0o755)
        guard try !TreeSnapshot(root).root.contains(piece.identity) else {
            throw ExecutionError.refused("the step moved what was mounted at \(piece.target)")
        }
    }

    /// A mount would leave the time of the folder that it is in.
    private func keepingTime(of folder: OpenFile, _ body: () throws -> Void) throws {
        let time = try folder.status().modified
        try body()
        try folder.setTimes(modified: time)
    }
}

extension SnapshotFolder {
    fileprivate func contains(_ identity: FileIdentity) -> Bool {
        entries.contains { FileIdentity($0.status) == identity } || folders.values.contains { $0.contains(identity) }
    }
}

extension OpenFile {
    fileprivate func removeIfEmpty(_ name: FileName) throws(SystemError) {
        do throws(SystemError) {
            try removeDirectory(name)
        } catch {
            // Something else was put into it, or it is gone: it is the step's.
            guard error.code == ENOTEMPTY || error.isNotFound || error.isNotDirectory else { throw error }
        }
    }

    /// All bytes from the start, wherever the position is.
    fileprivate func copyAll(to target: OpenFile) throws(SystemError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        var position: Int64 = 0
        while case let length = try read(into: buffer, at: position), length > 0 {
            try target.writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<length]))
            position += Int64(length)
        }
    }
}
