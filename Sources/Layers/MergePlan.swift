internal import FileSystem

/// Which members of several layers stay when they become one. Layers are added from the top down.
struct MergePlan {
    /// What becomes of one member.
    enum Fate: Equatable {
        case dropped
        case kept
        /// It takes the place of a hard link to it, since its own name belongs to a layer above.
        case renamed(FileName)
        /// A hard link whose first name is now this one.
        case linked(to: FileName)

        /// Nil for a member that goes.
        func applied(to entry: TarEntry) -> TarEntry? {
            var entry = entry
            switch self {
            case .dropped: return nil
            case .kept: break
            case .renamed(let path): entry.path = path
            case .linked(let target): entry.linkTarget = target
            }
            return entry
        }
    }

    /// By layer, in the order in which they were added, and by place in the layer.
    private(set) var fates: [[Fate]] = []
    /// Directories whose content below all these layers is hidden.
    private(set) var opaque: Set<[UInt8]> = []
    /// What the layers so far have at a path.
    private var present: [[UInt8]: Kind] = [:]
    /// Paths below which nothing of layers further down is seen.
    private var covered: Set<[UInt8]> = []

    private enum Kind {
        case directory, other, deleted
    }

    mutating func add(layer entries: [TarEntry]) {
        var fates = [Fate](repeating: .dropped, count: entries.count)
        var coveredHere: Set<[UInt8]> = []
        for (place, entry) in entries.enumerated() where !isCovered(entry.path.bytes) {
            if keep(entry, &coveredHere) { fates[place] = .kept }
        }
        keepLinks(entries, &fates)
        covered.formUnion(coveredHere)
        self.fates.append(fates)
    }

    /// Whether a layer above hides the path with what is above it.
    private func isCovered(_ path: [UInt8]) -> Bool {
        guard !covered.isEmpty else { return false }
        for (place, byte) in path.enumerated() where byte == UInt8(ascii: "/") {
            if covered.contains(Array(path[..<place])) { return true }
        }
        return false
    }

    private mutating func keep(_ entry: TarEntry, _ coveredHere: inout Set<[UInt8]>) -> Bool {
        let path = entry.path.bytes
        let start = path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
        let name = FileName(path[start...])
        if name == WhiteoutName.opaque {
            let folder = Array(path[..<max(0, start - 1)])
            if present[folder, default: .directory] == .directory { hide(folder, &coveredHere) }
            return false
        }
        guard WhiteoutName.isWhiteout(name) else { return keepFile(entry, &coveredHere) }
        let deleted = Array(path[..<start]) + WhiteoutName.deleted(name).bytes
        switch present[deleted] {
        case nil:
            present[deleted] = .deleted
            coveredHere.insert(deleted)
            return true
        case .directory: hide(deleted, &coveredHere)
        case .other, .deleted: break
        }
        return false
    }

    private mutating func keepFile(_ entry: TarEntry, _ coveredHere: inout Set<[UInt8]>) -> Bool {
        let path = entry.path.bytes
        guard let above = present[path] else {
            present[path] = entry.kind == .directory ? .directory : .other
            if entry.kind != .directory { coveredHere.insert(path) }
            return true
        }
        // A directory took the place of something else: what the base has in a directory of that name is not in it.
        if above == .directory, entry.kind != .directory { hide(path, &coveredHere) }
        return false
    }

    private mutating func hide(_ folder: [UInt8], _ coveredHere: inout Set<[UInt8]>) {
        opaque.insert(folder)
        coveredHere.insert(folder)
    }

    /// Links whose first name is gone: the first of them gets the content.
    private func keepLinks(_ entries: [TarEntry], _ fates: inout [Fate]) {
        var places: [FileName: Int]?
        var heirs: [FileName: FileName] = [:]
        for (place, entry) in entries.enumerated() where entry.kind == .hardLink && fates[place] == .kept {
            if let heir = heirs[entry.linkTarget] {
                fates[place] = .linked(to: heir)
                continue
            }
            let known = places ?? Self.places(of: entries)
            places = known
            guard let first = known[entry.linkTarget], fates[first] == .dropped else { continue }
            fates[first] = .renamed(entry.path)
            fates[place] = .dropped
            heirs[entry.linkTarget] = entry.path
        }
    }

    private static func places(of entries: [TarEntry]) -> [FileName: Int] {
        Dictionary(
            entries.enumerated().lazy.filter { $0.element.kind != .hardLink }.map { ($0.element.path, $0.offset) },
            uniquingKeysWith: { first, _ in first })
    }
}
