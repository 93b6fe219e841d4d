internal import FileSystem
public import OCI
public import Storage

/// Makes one layer of several that lie on each other, bottom first: unpacked over the same base it gives the same files.
///
/// What a layer above hides of one below is left out; deletions stay, for the base. Owners, modes, times, attributes and
/// hard links within a layer are kept. Compressed digests, sizes and diffIDs of what is read are verified. The same layers
/// give the same bytes.
public func mergeLayers(
    _ layers: [(descriptor: Descriptor, diffID: Digest)], in blobs: BlobStore, compression: LayerCompression,
    limits: UnpackLimits = UnpackLimits()
) throws -> CommittedLayer {
    let sources = layers.reversed().map { MergeSource(descriptor: $0.descriptor, diffID: $0.diffID, blobs: blobs) }
    var plan = MergePlan()
    for source in sources { try plan.add(layer: source.entries(limits)) }
    return try commitLayer(compression, into: blobs) { writer in
        var merge = MergeWriter(opaque: plan.opaque)
        for (source, fates) in zip(sources, plan.fates) {
            try source.read(limits) { entry, place, content in
                try merge.write(entry, fates[place], to: &writer, content)
            }
        }
        try merge.finish(&writer)
    }
}

/// One of the layers that become one.
private struct MergeSource {
    let descriptor: Descriptor
    let diffID: Digest
    let blobs: BlobStore

    typealias Content = ((TarContent) throws -> Void) throws -> Void

    func entries(_ limits: UnpackLimits) throws -> [TarEntry] {
        var entries: [TarEntry] = []
        try read(limits) { entry, _, _ in entries.append(entry) }
        return entries
    }

    /// `take` gets each member, its place, and a function that hands over its content.
    func read(_ limits: UnpackLimits, _ take: (TarEntry, Int, Content) throws -> Void) throws {
        let file = try blobs.open(descriptor.digest)
        let stream = try UnpackedStream(file, ArchiveKind(of: file), size: descriptor.size, limits)
        var reader = TarReader(stream.source)
        var place = 0
        while let entry = try reader.next() {
            try take(entry, place) { try reader.readContent($0) }
            place += 1
        }
        try reader.drain()
        try stream.verify(descriptor, diffID)
    }
}

/// Writes the members that stay.
private struct MergeWriter {
    /// Directories that hide what the base has in them; each is said once, right behind the directory itself.
    var opaque: Set<[UInt8]>

    mutating func write(
        _ entry: TarEntry, _ fate: MergePlan.Fate, to writer: inout TarWriter, _ content: MergeSource.Content
    ) throws {
        guard let kept = fate.applied(to: entry) else { return }
        try writer.add(kept)
        if kept.kind == .regular {
            try content { piece in
                switch piece {
                case .bytes(let bytes): try writer.addContent(bytes)
                case .hole(let count): try writer.addHole(count)
                }
            }
        }
        if kept.kind == .directory, opaque.remove(kept.path.bytes) != nil { try writer.add(.opaque(in: kept.path)) }
    }

    mutating func finish(_ writer: inout TarWriter) throws {
        for path in opaque.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            try writer.add(.opaque(in: FileName(path)))
        }
    }
}

extension TarEntry {
    fileprivate static func opaque(in folder: FileName) -> TarEntry {
        TarEntry(path: folder.appending(WhiteoutName.opaque), kind: .regular, permissions: 0)
    }
}
