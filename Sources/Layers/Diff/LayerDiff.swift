public import FileSystem

/// What one step changed, read from the upper directory of its overlay mount (mounted with `userxattr`) and written as the
/// tar stream of a layer.
///
/// Entries come in the order of a walk whose names are sorted by bytes, directories before what is in them. Deletions are
/// whiteouts; hard links are grouped within the layer, and the first name has the content. Times are whole seconds, as
/// everybody else's layers have them. Only the upper directory is walked; the lowers are asked whether they have a
/// directory that is marked opaque.
public struct LayerDiff {
    /// Paths of mount points that were made for the step, relative to the root. A directory among them is still written
    /// when something else in it changed.
    public var excluded: Set<FileName>
    /// Leaves out what is as the layers below have it: overlayfs also copies up what was only opened to be written to.
    public var omitsCopies: Bool
    /// Later modification times become this one; seconds since 1970.
    public var epoch: Int64?

    public init(excluded: some Sequence<FileName> = [], omitsCopies: Bool = false, epoch: Int64? = nil) {
        self.excluded = Set(excluded)
        self.omitsCopies = omitsCopies
        self.epoch = epoch
    }

    /// Writes the entries; the stream's end is left to the caller.
    ///
    /// `lowers`: the layers below, nearest first. `warn` gets a sentence for each file that a layer cannot hold and that is
    /// left out: sockets. Throws for names that would mean deletions, and for files that change meanwhile.
    public func write(
        upper: OpenFile, lowers: [OpenFile], to writer: inout TarWriter, warn: (String) -> Void = { _ in }
    ) throws {
        var walk = DiffWalk(options: self, lowers: Lowers(lowers), writer: writer)
        defer { writer = walk.writer }
        try walk.run(upper, warn)
    }
}
