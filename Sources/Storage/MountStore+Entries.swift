internal import FileSystem
internal import Glibc
internal import OCI

/// A cache, as it is counted and pruned.
public struct MountEntry: Hashable, Sendable {
    /// Its folder below `mounts/`.
    public var name: String
    /// As the Dockerfile has it; several caches have one id if they begin with different things. Empty if it is not
    /// known any more.
    public var id: String
    /// In seconds since 1970.
    public var created: Int64
    public var lastUsed: Int64
    /// What all its instances take on the disk. Folders of subordinate ids that are closed to this user do not count.
    public var sizeInBytes: Int64
}

extension MountStore {
    /// All caches, by id.
    public func entries() throws -> [MountEntry] {
        try folder.open(".", [.read, .directory]).entries().filter { $0.name != ".lock" }.compactMap {
            try entry($0.name)
        }
        .sorted { ($0.id, $0.name) < ($1.id, $1.name) }
    }

    /// Nil if it is gone meanwhile.
    private func entry(_ name: FileName) throws -> MountEntry? {
        do throws(SystemError) {
            let entry = try folder.open(name, [.read, .directory, .noFollow])
            let made = try entry.status().modified.seconds
            let record = (try? Self.record(in: entry)) ?? MountRecord(id: "", created: made, lastUsed: made)
            var size = StoredSize()
            try size.add(entry)
            return MountEntry(
                name: name.description, id: record.id, created: record.created, lastUsed: record.lastUsed,
                sizeInBytes: size.bytes)
        } catch {
            guard error.isNotFound else { throw error }
            return nil
        }
    }

    /// Removes a cache with all its instances; false if a step uses one. Files of subordinate ids that this user may not
    /// remove are left in `tmp/`, for the sweep.
    public func remove(_ entry: MountEntry) throws -> Bool {
        guard let grave = try bury(entry.name, wanted: { _ in true }) else { return false }
        do throws(SystemError) {
            try temporary.removeTree(grave)
        } catch {
            guard error.code == EACCES || error.code == EPERM else { throw error }
        }
        return true
    }

    /// Moves a cache away into `tmp/`; nil if a step uses it, or it is not wanted any more as it is now. One that is gone
    /// counts as moved.
    func bury(_ entry: String, wanted: (_ lastUsed: Int64) -> Bool) throws -> FileName? {
        let name = FileName(entry)
        let grave = OpenFile.temporaryName("cache")
        return try withLock { () throws -> FileName? in
            guard try folder.statusIfPresent(of: name) != nil else { return grave }
            let cache = try folder.open(name, [.read, .directory, .noFollow])
            if let used = try Self.record(in: cache)?.lastUsed, !wanted(used) { return nil }
            var locks: [OpenFile] = []
            for instance in try cache.entries() where instance.name != Self.recordName {
                let handle = try cache.open(instance.name, [.read, .directory, .noFollow])
                guard try handle.lock(waiting: false) else { return nil }
                locks.append(handle)
            }
            try folder.rename(name, to: grave, in: temporary)
            return grave
        }
    }
}
