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
        let parentPath: RootPath
        let name: FileName
        let identity: FileIdentity
        /// Where it goes back to; nil for what is removed.
        let home: Home?
        /// The image's own, in the workshop.
        let covered: FileName?
    }

    private struct Home {
        let folder: OpenFile
        let name: FileName
        /// It is on another file system: a copy is in its place.
        var isCopied = false
    }

    private let root: OpenFile
    /// An empty folder on the root's file system.
    private let workshop: OpenFile
    private let kept: KeptPaths?
    private var pieces: [Piece] = []
    /// Folders that were made on the way to a target.
    private var made: [(parent: OpenFile, path: RootPath, name: FileName)] = []
    /// Where folders that are wanted in several places are already.
    private var places: [FilePath: String] = [:]
    private var count = 0

    /// `kept`: what of the root is not the image's.
    init(_ root: OpenFile, workshop: OpenFile, without kept: KeptPaths? = nil) {
        self.kept = kept
        self.root = root
        self.workshop = workshop
    }

    func place(_ machine: MachineFiles) throws {
        for piece in try machine.make(in: workshop) {
            try put(piece.name, from: workshop, at: piece.target, coversLink: true)
        }
    }

    func place(_ mounts: [StepMount]) throws {
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
            try keepingTime(of: folder.parent, folder.path) { try folder.parent.removeIfEmpty(folder.name) }
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
            guard try file.status().device == workshop.status().device else {
                throw ExecutionError.refused(
                    "isolation inplace: a socket cannot be had at \(mount.target), as the state folder is on another file system than /"
                )
            }
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
        guard try home.status().device != workshop.status().device else {
            return try put(name, from: home, at: target, home: Home(folder: home, name: name))
        }
        let copy = nextName()
        try workshop.makeDirectory(copy)
        try TreeOverlay(home.open(name, [.read, .directory]), into: workshop.open(copy, [.read, .directory])).run()
        try put(copy, from: workshop, at: target, home: Home(folder: home, name: name, isCopied: true))
    }

    private func makeFolder(_ mode: UInt16) throws -> FileName {
        let name = nextName()
        try workshop.makeDirectory(name)
        let folder = try workshop.open(name, [.pathOnly, .directory])
        try folder.setOwner(uid: 0, gid: 0)
        try folder.setPermissions(mode)
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
        _ source: FileName, from folder: OpenFile, at target: String, coversLink: Bool = false, home: Home? = nil,
        takesMode: Bool = false
    ) throws {
        let resolver = PathResolver { [root] in try root.found($0) ?? .missing }
        let resolved = try resolver.resolve(RootPath(target), followsLast: !coversLink)
        guard let last = resolved.path.last else { throw SandboxError.mount(what: "mount at \(target)", errno: EBUSY) }
        if let kept, kept.hasPart(of: resolved.path) {
            throw ExecutionError.refused(
                "isolation inplace: nothing can be mounted at \(target), where the container has something of its own")
        }
        let parent = try folderForPieces(resolved.path.parent, target)
        let name = FileName(last)
        let status = try folder.status(of: source)
        var covered: FileName?
        try keepingTime(of: parent, resolved.path.parent) {
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
                target: target, parent: parent, parentPath: resolved.path.parent, name: name,
                identity: FileIdentity(status),
                home: home, covered: covered))
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
        var reached = RootPath.root
        for name in path.names.map(FileName.init) {
            if try place.statusIfPresent(of: name) == nil {
                try keepingTime(of: place, reached) { try place.makeDirectory(name) }
                let folder = try place.open(name, [.pathOnly, .directory, .noFollow])
                try folder.setOwner(uid: 0, gid: 0)
                try folder.setPermissions(0o755)
                made.append((place, reached, name))
            }
            do throws(SystemError) {
                place = try place.open(name, [.read, .directory, .noFollow])
            } catch {
                guard error.isNotDirectory else { throw error }
                throw SandboxError.mount(what: "mount at \(target)", errno: ENOTDIR)
            }
            reached = reached.appending(name.bytes)
        }
        return place
    }

    private func takeOut(_ piece: Piece) throws {
        try keepingTime(of: piece.parent, piece.parentPath) {
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
        _ piece: Piece, _ home: Home, _ present: FileStatus?
    ) throws {
        if let present, FileIdentity(present) == piece.identity {
            if home.isCopied { return try copyBack(piece, home) }
            return try piece.parent.rename(piece.name, to: home.name, in: home.folder, replacing: false)
        }
        if home.isCopied { try home.folder.removeTree(home.name) }
        try home.folder.makeDirectory(home.name)
        try home.folder.open(home.name, [.pathOnly, .directory]).setPermissions(0o755)
        guard try !TreeSnapshot(root, without: kept).root.contains(piece.identity) else {
            throw ExecutionError.refused("the step moved what was mounted at \(piece.target)")
        }
    }

    /// What is there is whole at every moment: the copy comes to its name when it is complete.
    private func copyBack(_ piece: Piece, _ home: Home) throws {
        let draft = FileName(home.name.bytes + Array(".new".utf8))
        try home.folder.removeTree(draft)
        try home.folder.makeDirectory(draft)
        let source = try piece.parent.open(piece.name, [.read, .directory, .noFollow])
        try TreeOverlay(source, into: home.folder.open(draft, [.read, .directory])).run()
        try home.folder.removeTree(home.name)
        try home.folder.rename(draft, to: home.name, in: home.folder)
    }

    /// A mount would leave the time of the folder that it is in.
    private func keepingTime(of folder: OpenFile, _ path: RootPath, _ body: () throws -> Void) throws {
        let status = try folder.status()
        let time = try kept?.status(of: path, status).modified ?? status.modified
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
