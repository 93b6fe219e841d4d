/// How an archive is packed.
public enum ArchiveKind: String, Hashable, Sendable, CaseIterable {
    case tar, gzip, bzip2, xz, zstd
}
