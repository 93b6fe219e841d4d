internal import DockerfileFrontend
internal import FileSystem
internal import OCI
internal import Storage
internal import Threads

/// A build context on the disk: the main one or a named one.
final class ContextFolder: Sendable {
    let tree: SourceTree
    private let digests: Monitor<ContentDigestCache>

    /// `path` is absolute; `ignoreFile` is the text of the file that governs the folder.
    init(path: String, ignoreFile: String?, state: StateFolder) throws {
        let root = try OpenFile.open(path, [.read, .directory])
        let filter = try ignoreFile.map { PathFilter.ignoring(try IgnoreFile(parsing: $0)) } ?? .none
        tree = SourceTree(root: root, filter: filter, keepsMetadata: false)
        digests = Monitor(try ContentDigestCache(state, context: path))
    }

    func sources(_ texts: [String]) throws -> [CopySource] {
        try SourceFinder(tree: tree).sources(texts)
    }

    /// Remembers what was digested, for the next build.
    func save() throws {
        try digests.change { digests in Result { try digests.save() } }.get()
    }

    /// Puts what is copied into a key: path below the destination, type, permission bits, content, link target; neither
    /// times nor owners, which do not reach the image, nor where in the context it lies.
    func addKey(of sources: [CopySource], to key: inout StepKey) throws {
        for source in sources {
            var listing = SHA256()
            var contents = try contentDigests(of: source.entries)[...]
            var links = LinkGroups()
            var records: [[UInt8]] = []
            records.reserveCapacity(source.entries.count)
            for entry in source.entries {
                let content = entry.status.kind == .regular ? contents.popFirst() : nil
                let record = record(of: entry, content: content, first: links.first(of: entry))
                listing.update(record)
                records.append(record)
            }
            let digest = listing.finalize().description
            key.add("context", [source.isDirectory ? "folder" : "file", digest])
            key.add("source name", source.isDirectory ? "" : Self.text(of: source.name))
            key.note("from context \(source.path)", digest)
            key.note(Self.listing(of: source.entries, records))
        }
        key.add("number of sources", "\(sources.count)")
    }

    private static func listing(of entries: [CopyEntry], _ records: [[UInt8]]) -> FileListing {
        let paths = entries.map(\.source.bytes)
        return FileListing {
            Dictionary(
                zip(paths, records.map { FileListing.shortDigest($0) }).map { ($0, $1) }, uniquingKeysWith: { $1 })
        }
    }

    /// Another text for another name, also for names that are no UTF-8.
    private static func text(of name: [UInt8]) -> String {
        let text = String(decoding: name, as: UTF8.self)
        return text.utf8.elementsEqual(name) ? text : Digest(of: name).description
    }

    /// Of the regular files, in their order; those that are not known are read on all processors.
    private func contentDigests(of entries: [CopyEntry]) throws -> [Digest] {
        let files = entries.filter { $0.status.kind == .regular }
            .map { ContentFile(path: FileName($0.source.bytes), status: $0.status) }
        return try digests.change { digests in Result { try digests.digests(of: files, below: tree.root) } }.get()
    }

    /// What of an entry reaches the image, each part framed: names may hold any byte but NUL.
    private func record(of entry: CopyEntry, content: Digest?, first: RootPath?) -> [UInt8] {
        let status = entry.status
        var record = entry.target.bytes + [0, status.kind.rawValue, entry.isParent ? 1 : 0]
        record += [UInt8(status.permissions >> 8), UInt8(status.permissions & 0xFF)]
        switch status.kind {
        case .regular: record += content?.raw ?? []
        case .symlink: record += entry.linkTarget ?? []
        case .characterDevice, .blockDevice: record += Array("\(status.deviceMajor):\(status.deviceMinor)".utf8)
        case .directory, .fifo, .socket: break
        }
        return record + [0] + (first?.bytes ?? []) + [0]
    }
}
