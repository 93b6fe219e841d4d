internal import FileSystem

/// What entries are unpacked into.
enum TargetForm {
    /// An empty directory that becomes a lower of overlay mounts, above these: deletions are kept as overlayfs' marks.
    case overlay(Lowers)
    /// A directory of a live tree: what is there stays, or is replaced.
    case plain
}
