internal import FileSystem

/// One function for each kind of entry.
extension TreeUnpacker {
    func makeRegular(_ entry: TarEntry, at place: Place, _ reader: inout TarReader) throws {
        // Without a setgid directory above, a file is its maker's; in a live tree nobody knows.
        let mode = entry.permissions & 0o777
        let file = try replacing(place) { () throws(SystemError) in
            try place.file.open(place.name, [.write, .create, .exclusive, .noFollow], mode: mode)
        }
        var output = SparseOutput(file, size: entry.size)
        try reader.readContent { piece in
            switch piece {
            case .bytes(let bytes): try output.write(bytes)
            case .hole(let count): output.skip(count)
            }
        }
        try output.finish()
        try finish(file, values(entry), isNew: true)
    }

    func makeFolder(_ entry: TarEntry, at place: Place) throws {
        let status = try place.file.statusIfPresent(of: place.name)
        if status?.kind != .directory {
            if status != nil {
                try place.file.unlink(place.name)
                resolver.forget()
            }
            // Closed to others until its metadata is set.
            try place.file.makeDirectory(place.name, mode: 0o700)
            resolver.didMake()
            if status != nil, case .overlay = form {
                try resolver.setOpaque(place.file.open(place.name, [.read, .directory, .noFollow]), place.path)
            }
        }
        folders.set(place.path, values(entry))
    }

    func makeSymlink(_ entry: TarEntry, at place: Place) throws {
        try replacing(place) { () throws(SystemError) in
            try place.file.makeSymlink(place.name, target: entry.linkTarget)
        }
        let values = values(entry)
        if !isOwnByDefault(values) {
            try place.file.setOwner(of: place.name, uid: values.uid, gid: values.gid)
        }
        try place.file.setTimes(of: place.name, modified: values.modified)
    }

    func makeNode(_ entry: TarEntry, at place: Place) throws {
        let kind: FileKind =
            switch entry.kind {
            case .characterDevice: .characterDevice
            case .blockDevice: .blockDevice
            default: .fifo
            }
        guard makesDevices || kind == .fifo else { throw EntryRefusal.device }
        if kind == .characterDevice, entry.deviceMajor == 0, entry.deviceMinor == 0 {
            throw EntryRefusal.whiteoutDevice
        }
        try replacing(place) { () throws(SystemError) in
            try place.file.makeNode(
                place.name, kind: kind, mode: 0o600, major: entry.deviceMajor, minor: entry.deviceMinor)
        }
        var values = values(entry)
        values.attributes.removeAll { !$0.name.bytes.starts(with: "system.".utf8) }
        try finish(place.file.open(place.name, [.pathOnly, .noFollow]), values)
    }

    func makeHardLink(_ entry: TarEntry, at place: Place) throws {
        let path = try EntryPath(entry.linkTarget, limit: limits.pathLength, refusal: .outsideLink)
        guard let name = path.name else { throw EntryRefusal.directoryLink(entry.linkTarget) }
        let target = Place(folder: try resolver.folder(path.parent), name: name)
        // A link to itself changes nothing, and must not remove what it links to.
        if target.path == place.path { return }
        let status = try target.file.statusIfPresent(of: name)
        if status?.kind == .directory { throw EntryRefusal.directoryLink(entry.linkTarget) }
        if let status, try !isWhiteout(target, status) {
            // It is in this layer.
        } else {
            try copyUp(target, entry)
        }
        try replacing(place) { () throws(SystemError) in
            try place.file.makeHardLink(place.name, to: name, in: target.file)
        }
    }

    private func isWhiteout(_ place: Place, _ status: FileStatus) throws(SystemError) -> Bool {
        guard case .overlay = form else { return false }
        return try OverlayMark.isWhiteout(place.name, status, in: place.file)
    }

    /// Makes something; what has the name already goes first, with all that is in it.
    @discardableResult
    private func replacing<Result>(_ place: Place, _ make: () throws(SystemError) -> Result) throws -> Result {
        resolver.didMake()
        do throws(SystemError) {
            return try make()
        } catch {
            guard error.isExisting else { throw error }
        }
        if try place.file.status(of: place.name).kind == .directory {
            folders.remove(below: place.path)
        }
        resolver.forget()
        try place.file.removeTree(place.name)
        return try make()
    }
}
