internal import FileSystem
internal import Glibc
internal import OCI
internal import Storage

extension ImageExport {
    /// Writes the image into an OCI image layout, which is made or extended.
    ///
    /// Each tag becomes a descriptor in `index.json`; those of the same names are replaced, all others and their blobs
    /// stay. Blobs are hard links to the store's where the file system allows, else copies that were verified.
    /// `index.json` is replaced last, in one instant: until then the layout is what it was. Several may write to one
    /// layout at once.
    ///
    /// Throws `ExportError.notALayout` for a folder that holds something else.
    ///
    /// https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md
    public func writeOCILayout(to path: String) throws {
        try OCILayout(path).add(ImageBlobs(self), tags: tags)
    }

    /// Writes the image into an OCI image layout as its only image, under the first of its tags: readers that expect one
    /// image find it without a name. What else the layout has is removed.
    ///
    /// Throws `ExportError.notALayout` for a folder that holds something else.
    public func writeOnlyOCILayout(to path: String) throws {
        try OCILayout(path).replace(with: ImageBlobs(self), tag: references.first?.tag)
    }
}

/// An image layout that is written to; it is locked until the last reference is gone.
struct OCILayout {
    static let version = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)
    private static let sizeLimit = 64 << 20

    private let path: String
    private let root: OpenFile
    private let blobs: OpenFile

    init(_ path: String) throws {
        self.path = path
        root = try exporting("opening \(path)") { () throws(SystemError) in
            let root = try OpenFile.makeFolders(path)
            try root.lock(waiting: true)
            return root
        }
        try Self.checkIdentity(root, path)
        blobs = try exporting("making \(path)") { [root] () throws(SystemError) in
            if try root.bytes(of: "oci-layout", limit: Self.sizeLimit)?.isEmpty != false {
                try root.replaceFile("oci-layout", with: Self.version)
            }
            return try OpenFile.makeFolders("\(path)/blobs/sha256")
        }
        try removeDrafts()
    }

    func add(_ image: ImageBlobs, tags: [String]) throws {
        defer { withExtendedLifetime(root) {} }
        var index = try readIndex()
        for part in image.parts + [image.descriptor] { try place(part, of: image) }
        try index.name(image.descriptor, tags)
        try replaceIndex(index)
    }

    /// The image becomes the only one, in one instant; then blobs of others go.
    func replace(with image: ImageBlobs, tag: String?) throws {
        defer { withExtendedLifetime(root) {} }
        var index = LayoutIndex()
        let parts = image.parts + [image.descriptor]
        for part in parts { try place(part, of: image) }
        try index.name(image.descriptor, tag.map { [$0] } ?? [])
        try replaceIndex(index)
        let kept = Set(parts.map { FileName($0.digest.hex) })
        try exporting("cleaning \(path)") { () throws(SystemError) in
            for entry in try blobs.open(".", [.read, .directory]).entries() where !kept.contains(entry.name) {
                try blobs.unlink(entry.name)
            }
        }
    }

    func replaceIndex(_ index: LayoutIndex) throws {
        let bytes = try index.encoded()
        try exporting("writing \(path)/index.json") { () throws(SystemError) in
            try root.replaceFile("index.json", with: bytes)
        }
    }

    /// Nil for a blob that is not there, or longer.
    func bytes(of digest: Digest, limit: Int) throws -> [UInt8]? {
        try exporting("reading \(path)/blobs/sha256/\(digest.hex)") { () throws(SystemError) in
            try blobs.bytes(of: FileName(digest.hex), limit: limit)
        }
    }

    func removeBlob(_ digest: Digest) throws {
        try exporting("removing \(path)/blobs/sha256/\(digest.hex)") { () throws(SystemError) in
            do throws(SystemError) { try blobs.unlink(FileName(digest.hex)) } catch {
                if !error.isNotFound { throw error }
            }
        }
    }

    /// A folder that is empty, or was begun, becomes a layout; any other must be one.
    private static func checkIdentity(_ root: OpenFile, _ path: String) throws {
        let found = try exporting("reading \(path)") { () throws(SystemError) in
            try root.bytes(of: "oci-layout", limit: sizeLimit)
        }
        if let found, !found.isEmpty {
            let version = try document(found, path, "oci-layout").object?["imageLayoutVersion"]?.string
            guard let version, version.hasPrefix("1.") else {
                throw ExportError.notALayout(
                    path: path, reason: "its version is \(version ?? "missing"), 1.0.0 is supported")
            }
            return
        }
        let entries = try exporting("reading \(path)") { () throws(SystemError) in
            try root.open(".", [.read, .directory]).entries().map(\.name)
        }
        let strange = entries.filter {
            !["blobs", "oci-layout", "index.json"].contains($0) && !$0.bytes.starts(with: Draft.prefix)
        }
        guard let name = strange.min() else { return }
        throw ExportError.notALayout(path: path, reason: "it has no oci-layout but \(name)")
    }

    func readIndex() throws -> LayoutIndex {
        let bytes = try exporting("reading \(path)/index.json") { () throws(SystemError) in
            try root.bytes(of: "index.json", limit: Self.sizeLimit)
        }
        // Empty: the machine lost its power just after it was made.
        guard let bytes, !bytes.isEmpty else { return LayoutIndex() }
        guard let index = LayoutIndex(try Self.document(bytes, path, "index.json")) else {
            throw ExportError.notALayout(path: path, reason: "its index.json is no image index")
        }
        return index
    }

    private static func document(_ bytes: [UInt8], _ path: String, _ name: String) throws -> JSONValue {
        do {
            return try OCIDocument.decode(JSONValue.self, from: bytes)
        } catch {
            throw ExportError.notALayout(path: path, reason: "its \(name) is no JSON")
        }
    }

    /// What was killed while it wrote here left these; the lock says that nobody writes now.
    private func removeDrafts() throws {
        try exporting("cleaning \(path)") { () throws(SystemError) in
            for folder in [root, blobs] {
                for entry in try folder.open(".", [.read, .directory]).entries()
                where entry.name.bytes.starts(with: Draft.prefix) {
                    try folder.unlink(entry.name)
                }
            }
        }
    }
}

// MARK: - Blobs

extension OCILayout {
    private func place(_ blob: Descriptor, of image: ImageBlobs) throws {
        let source = try image.open(blob)
        let name = FileName(blob.digest.hex)
        let isThere = try exporting("writing \(path)") { () throws(SystemError) in
            if try isPresent(name, like: source.status()) { return true }
            return try link(source, as: name)
        }
        if !isThere { try copy(blob, of: image, as: name) }
    }

    /// The store's own file, or one of the right size on another file system: there it was verified when it was copied.
    private func isPresent(_ name: FileName, like source: FileStatus) throws(SystemError) -> Bool {
        guard let found = try blobs.statusIfPresent(of: name), found.kind == .regular else { return false }
        if found.device == source.device { return found.inode == source.inode }
        return found.size == source.size
    }

    /// Whether the blob could be linked.
    private func link(_ source: OpenFile, as name: FileName) throws(SystemError) -> Bool {
        let draft = Draft.makeName()
        do throws(SystemError) {
            try blobs.makeHardLink(draft, to: source)
        } catch {
            // Another file system, one without links, too many links, a file of somebody else, or one without a name any
            // more: who stored the same blob a moment ago has replaced it.
            guard [EXDEV, EPERM, EMLINK, EACCES, EOPNOTSUPP, ENOENT].contains(error.code) else { throw error }
            return false
        }
        try blobs.rename(draft, to: name, in: blobs)
        return true
    }

    private func copy(_ blob: Descriptor, of image: ImageBlobs, as name: FileName) throws {
        let draft = try exporting("writing \(path)") { () throws(SystemError) in try Draft(in: blobs) }
        try image.read(blob) { piece in
            try exporting("writing \(path)/blobs/sha256/\(name)") { () throws(SystemError) in
                try draft.file.writeAll(piece)
            }
        }
        try exporting("writing \(path)") { () throws(SystemError) in try draft.commit(as: name) }
    }
}
