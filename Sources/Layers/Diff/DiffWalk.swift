internal import FileSystem

/// One walk of an upper directory. Holds one descriptor at a time, however deep the tree is.
struct DiffWalk {
    private struct Level {
        /// Of the path, which is the beginning of those of all deeper levels.
        let pathLength: Int
        /// Names that are still to come, the next one last.
        var names: [FileName]
    }

    private struct Identity: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    private let options: LayerDiff
    private let lowers: Lowers
    private var copies: CopyCheck
    private(set) var writer: TarWriter
    private var levels: [Level] = []
    /// Of the deepest level.
    private var path: [UInt8] = []
    /// How many levels there are in the topmost directory above or at this one that hides what is below.
    private var opaqueLevel: Int?
    private var firstNames: [Identity: FileName] = [:]
    /// Entries of excluded directories, with the number of levels above them, that are only written if something in
    /// them is.
    private var pending: [(depth: Int, entry: TarEntry)] = []

    init(options: LayerDiff, lowers: Lowers, writer: TarWriter) {
        self.options = options
        self.lowers = lowers
        copies = CopyCheck(lowers)
        self.writer = writer
    }

    mutating func run(_ upper: OpenFile, _ warn: (String) -> Void) throws {
        try addRoot(upper)
        var folder = try upper.open(".", [.read, .directory])
        try enter(folder)
        // No copy of a level is held while a name is taken from it: that would copy all its names.
        while !levels.isEmpty {
            if let name = levels[levels.count - 1].names.popLast() {
                let inner = try innerPath(name)
                guard let child = try visit(name, in: folder, inner, warn) else { continue }
                folder = child
                path = inner.bytes
                try enter(folder)
            } else {
                leave()
                if !levels.isEmpty { folder = try folder.open("..", [.read, .directory]) }
            }
        }
    }

    private func innerPath(_ name: FileName) throws -> FileName {
        let inner = FileName(path).appending(name)
        guard inner.bytes.count <= UnpackLimits.longestPath else {
            throw LayersError.cannotArchive(inner, reason: "its path has more than \(UnpackLimits.longestPath) bytes")
        }
        return inner
    }

    private mutating func enter(_ folder: OpenFile) throws {
        levels.append(Level(pathLength: path.count, names: try folder.entries().map(\.name).sorted { $1 < $0 }))
    }

    private mutating func leave() {
        levels.removeLast()
        if let level = opaqueLevel, levels.count < level { opaqueLevel = nil }
        path.removeLast(path.count - (levels.last?.pathLength ?? 0))
        pending.removeAll { $0.depth >= levels.count }
    }

    /// The root is made anew for each step, and has an entry only if the step changed its owner or mode.
    private mutating func addRoot(_ upper: OpenFile) throws {
        let status = try upper.status()
        guard (status.permissions, status.uid, status.gid) != (0o755, 0, 0) else { return }
        try add(try directoryEntry(".", status, upper))
    }

    /// Writes what a name stands for; a directory is returned, opened, to be entered.
    private mutating func visit(
        _ name: FileName, in folder: OpenFile, _ path: FileName, _ warn: (String) -> Void
    ) throws -> OpenFile? {
        let status = try folder.status(of: name)
        if status.kind == .directory { return try visitDirectory(name, in: folder, path, status) }
        if options.excluded.contains(path) { return nil }
        if status.isWhiteout {
            try addWhiteout(path)
            return nil
        }
        if WhiteoutName.isWhiteout(name) { throw LayersError.whiteoutName(path) }
        if try isCopy(name, status, in: folder) { return nil }
        guard let kind = TarEntry.Kind(status.kind) else {
            warn("\(path.quoted) is a socket, which a layer cannot hold: it is left out")
            return nil
        }
        var entry = entry(path, kind, status)
        if let first = firstName(of: path, status) {
            entry.kind = .hardLink
            entry.linkTarget = first
            try add(entry)
        } else {
            try addFile(entry, name, in: folder, status)
        }
        return nil
    }

    private mutating func visitDirectory(
        _ name: FileName, in folder: OpenFile, _ path: FileName, _ status: FileStatus
    ) throws -> OpenFile {
        if WhiteoutName.isWhiteout(name) { throw LayersError.whiteoutName(path) }
        let child = try folder.openToRead(name, .directory)
        var entries = [try directoryEntry(path, status, child)]
        let isOpaque = try OverlayMark.isOpaque(child)
        if isOpaque, try lowers.hasDirectory(path.components) {
            entries.append(whiteoutEntry(path.appending(WhiteoutName.opaque)))
        }
        let isCopy = try !isOpaque && isCopy(name, status, in: folder)
        if isOpaque, opaqueLevel == nil { opaqueLevel = levels.count + 1 }
        if isCopy || options.excluded.contains(path) {
            pending += entries.map { (levels.count, $0) }
        } else {
            for entry in entries { try add(entry) }
        }
        return child
    }

    /// In a directory that hides what is below, all is new.
    private mutating func isCopy(_ name: FileName, _ status: FileStatus, in folder: OpenFile) throws -> Bool {
        try options.omitsCopies && opaqueLevel == nil && copies.isCopy(name, status, in: folder, below: path)
    }

    private mutating func addWhiteout(_ path: FileName) throws {
        let start = path.bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
        try add(whiteoutEntry(FileName(path.bytes[..<start] + WhiteoutName.prefix + path.bytes[start...])))
    }

    private func whiteoutEntry(_ path: FileName) -> TarEntry { TarEntry(path: path, kind: .regular, permissions: 0) }

    /// Of a file with several names, the one that was written first; nil if this is it.
    private mutating func firstName(of path: FileName, _ status: FileStatus) -> FileName? {
        guard status.linkCount > 1 else { return nil }
        let identity = Identity(device: status.device, inode: status.inode)
        if let first = firstNames[identity] { return first }
        firstNames[identity] = path
        return nil
    }

    private mutating func addFile(
        _ entry: TarEntry, _ name: FileName, in folder: OpenFile, _ status: FileStatus
    ) throws {
        var entry = entry
        switch status.kind {
        case .regular: return try addRegular(entry, name, in: folder, status)
        case .symlink: entry.linkTarget = try folder.readLink(name)
        default:
            let file = try folder.open(name, [.pathOnly, .noFollow])
            entry.attributes = try CarriedAttributes.read(file, names: file.extendedAttributeNames())
            entry.deviceMajor = status.deviceMajor
            entry.deviceMinor = status.deviceMinor
        }
        try add(entry)
    }

    private mutating func addRegular(
        _ entry: TarEntry, _ name: FileName, in folder: OpenFile, _ status: FileStatus
    ) throws {
        let file = try folder.openToRead(name, [])
        let names = try file.extendedAttributeNames()
        if status.size == 0, names.contains(OverlayMark.whiteout) { return try addWhiteout(entry.path) }
        var entry = entry
        entry.size = status.size
        entry.attributes = try CarriedAttributes.read(file, names: names)
        try add(entry)
        if status.storedSize < status.size {
            try writeStored(of: file, size: status.size)
        } else {
            try writer.fillContent { room in try file.read(into: room) }
        }
        let size = try file.status().size
        guard size == entry.size else {
            throw LayersError.changedWhileRead(entry.path, expected: entry.size, found: size)
        }
    }

    /// The content of a file with holes, which are not read.
    private mutating func writeStored(of file: OpenFile, size: Int64) throws {
        var position: Int64 = 0
        while position < size {
            let stored = try file.nextStored(from: position) ?? size..<size
            let start = min(stored.lowerBound, size)
            try writer.addHole(start - position)
            position = start
            try writer.fillContent(min(stored.upperBound, size) - start) { room in
                let count = try file.read(into: room, at: position)
                position += Int64(count)
                return count
            }
        }
    }

    private func directoryEntry(_ path: FileName, _ status: FileStatus, _ folder: OpenFile) throws -> TarEntry {
        var entry = entry(path, .directory, status)
        entry.attributes = try CarriedAttributes.read(folder, names: folder.extendedAttributeNames())
        return entry
    }

    private func entry(_ path: FileName, _ kind: TarEntry.Kind, _ status: FileStatus) -> TarEntry {
        let seconds = min(status.modified.seconds, options.epoch ?? .max)
        return TarEntry(
            path: path, kind: kind, permissions: status.permissions, uid: status.uid, gid: status.gid,
            modified: FileTime(seconds: seconds))
    }

    private mutating func add(_ entry: TarEntry) throws {
        for waiting in pending { try writer.add(waiting.entry) }
        pending = []
        try writer.add(entry)
    }
}

extension TarEntry.Kind {
    /// Nil for sockets, which tar does not know.
    init?(_ kind: FileKind) {
        switch kind {
        case .regular: self = .regular
        case .directory: self = .directory
        case .symlink: self = .symlink
        case .characterDevice: self = .characterDevice
        case .blockDevice: self = .blockDevice
        case .fifo: self = .fifo
        case .socket: return nil
        }
    }
}
