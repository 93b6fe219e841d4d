internal import FileSystem
internal import Glibc
internal import SystemPackage

/// Lists what is in the state folder, with size and time of last use.
///
/// An item that goes while it is looked at is left out; so is what has no final name.
struct StoreInventory {
    let state: StateFolder
    let marks: UseMarks

    func items(of classes: Set<StoreClass>) throws -> [StoreItem] {
        var items: [StoreItem] = []
        for kind in StoreClass.allCases where classes.contains(kind) { items += try list(kind) }
        return items
    }

    private func list(_ kind: StoreClass) throws -> [StoreItem] {
        switch kind {
        case .layers: try layers()
        case .blobs: try files(.blobs, "blobs/sha256", mark: .blobs) + files(.blobs, "references")
        case .steps:
            try files(.steps, "cache") + files(.steps, "cache/last") + files(.steps, "cache/shared")
                + files(.steps, "cache/content")
        case .mounts: try mounts()
        case .contexts:
            try folders("contexts").flatMap { try contexts("contexts/\($0)", of: $0) }
        case .logs: try folders("logs").flatMap { try files(.logs, "logs/\($0)") }
        }
    }

    // MARK: - Files

    /// `mark`: where their last use is noted, if not by their own time.
    private func files(_ kind: StoreClass, _ folder: String, mark: UseMarks.Kind? = nil) throws -> [StoreItem] {
        let place = try open(folder)
        return try place.open(".", [.read, .directory]).entries().compactMap { entry in
            guard let status = try place.statusIfPresent(of: entry.name), status.kind == .regular else { return nil }
            let marked = try mark.flatMap { try marks.time($0, entry.name) }
            // A log's own time is that of its last line: its change time is that of a copied state folder.
            let own = kind == .logs ? status.modified : status.changed
            // What an output has too (a layout's hard link) is not freed here.
            return StoreItem(
                kind: kind, folder: folder, name: entry.name,
                sizeInBytes: status.linkCount > 1 ? 0 : status.storedSize,
                lastUsed: max(own, marked ?? own))
        }
    }

    // MARK: - Folders

    private func layers() throws -> [StoreItem] {
        let place = try open("layers")
        return try place.open(".", [.read, .directory]).entries().compactMap { entry in
            guard !entry.name.bytes.starts(with: StateFolder.droppedPrefix),
                let status = try place.statusIfPresent(of: entry.name)
            else { return nil }
            return StoreItem(
                kind: .layers, folder: "layers", name: entry.name,
                sizeInBytes: try layerSize(entry.name, in: place, status),
                lastUsed: max(status.changed, try marks.time(.layers, entry.name) ?? status.changed))
        }
    }

    /// A layer never changes: it is measured once.
    private func layerSize(_ name: FileName, in place: OpenFile, _ status: FileStatus) throws -> Int64 {
        if let known = try marks.size(.layers, name) { return known }
        let size = try measured(name, in: place)
        do throws(SystemError) {
            try marks.keep(size: size, .layers, name, unmarked: status.changed)
        } catch {
            // A full disk is what prune is for: it is measured again the next time.
            guard error.isNoSpace else { throw error }
        }
        return size
    }

    private func contexts(_ folder: String, of kind: FileName) throws -> [StoreItem] {
        let place = try open(folder)
        return try place.open(".", [.read, .directory]).entries().compactMap { entry in
            guard let status = try place.statusIfPresent(of: entry.name) else { return nil }
            let marked = try marks.time(.contexts, ContextMark.name(folder: kind.description, entry.name))
            return StoreItem(
                kind: .contexts, folder: folder, name: entry.name, sizeInBytes: try measured(entry.name, in: place),
                lastUsed: max(status.changed, marked ?? status.changed))
        }
    }

    private func mounts() throws -> [StoreItem] {
        try MountStore(state).entries().map { entry in
            StoreItem(
                kind: .mounts, folder: "mounts", name: FileName(entry.name), sizeInBytes: entry.sizeInBytes,
                lastUsed: FileTime(seconds: entry.lastUsed), title: entry.id)
        }
    }

    /// Folders that are closed to this user do not count.
    private func measured(_ name: FileName, in place: OpenFile) throws(SystemError) -> Int64 {
        guard let status = try place.statusIfPresent(of: name) else { return 0 }
        guard status.kind == .directory else { return status.storedSize }
        var size = StoredSize()
        do throws(SystemError) {
            try size.add(place.open(name, [.read, .directory, .noFollow]))
        } catch {
            guard error.isNotFound || error.code == EACCES else { throw error }
        }
        return size.bytes + status.storedSize
    }

    private func folders(_ folder: String) throws -> [FileName] {
        let place = try open(folder)
        return try place.open(".", [.read, .directory]).entries().map(\.name).filter {
            try place.statusIfPresent(of: $0)?.kind == .directory
        }
    }

    private func open(_ folder: String) throws(StorageError) -> OpenFile {
        try state.open(state.root.appending(folder))
    }
}

/// How a context's mark is called: contexts lie in several folders, their marks in one.
enum ContextMark {
    static func name(folder: String, _ name: FileName) -> FileName { FileName("\(folder)-\(name)") }
}
