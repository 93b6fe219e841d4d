internal import FileSystem
internal import Layers
internal import SystemPackage

/// One file of a source, with its place below the copy's destination.
struct CopyEntry {
    /// In the source tree, without links.
    var source: RootPath
    /// Below the destination; empty is the destination itself.
    var target: RootPath
    var status: FileStatus
    var linkTarget: [UInt8]?
    /// A directory that is not wanted itself, only something in it: where the destination has it, it stays but for its mode.
    var isParent = false
}

/// One source of a COPY or ADD, with everything below it that is copied, parents first.
struct CopySource {
    /// Where the content comes from.
    enum Origin {
        case tree(SourceTree)
        /// A heredoc.
        case bytes([UInt8])
        /// A file that was fetched from elsewhere.
        case file(FilePath)
    }

    var origin: Origin
    /// As the instruction names it, or as its pattern matched.
    var path: RootPath
    /// Its contents are copied, not the directory itself.
    var isDirectory: Bool
    /// The source itself, when it is no directory, or what is in it.
    var entries: [CopyEntry]
    /// How it is packed, if it is an archive that ADD unpacks.
    var archive: ArchiveKind?

    /// Whether owners, extended attributes and devices come along.
    var keepsMetadata: Bool {
        if case .tree(let tree) = origin { return tree.keepsMetadata }
        return false
    }

    /// What a file is called in a directory.
    var name: [UInt8] { path.last ?? entries.first?.source.last ?? [] }

    /// The content of one of its regular files; nil for a heredoc.
    func open(_ entry: CopyEntry) throws -> OpenFile? {
        switch origin {
        case .tree(let tree): try tree.open(entry.source, [.read, .noFollow, .nonBlocking])
        case .file(let path): try OpenFile.open(path.string, .read)
        case .bytes: nil
        }
    }
}
