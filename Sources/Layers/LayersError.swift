public import FileSystem
public import OCI

/// What can go wrong with layers and archives.
public enum LayersError: Error, Hashable {
    /// The archive is malformed at this offset of the uncompressed stream.
    case malformedArchive(TarProblem, offset: Int64)
    /// A value that tar cannot hold.
    case cannotArchive(FileName, reason: String)
    /// A file became shorter or longer while it was read.
    case changedWhileRead(FileName, expected: Int64, found: Int64)
    /// A file whose name means a deletion in a layer.
    case whiteoutName(FileName)
    /// An entry that may not be unpacked.
    case refusedEntry(FileName, EntryRefusal)
    /// An entry that could not be made, and the call that failed.
    case cannotUnpack(FileName, SystemError)
    /// An owner that this user namespace has no id for.
    case unmappedOwner(FileName, uid: UInt32, gid: UInt32)
    case malformedCompression(ArchiveKind, reason: String)
    case unsupportedCompression(String)
    /// The compressed bytes are not those that the descriptor names.
    case digestMismatch(expected: Digest, actual: Digest)
    case sizeMismatch(expected: Int64, actual: Int64)
    /// The uncompressed bytes are not those that the config names.
    case diffIDMismatch(expected: Digest, actual: Digest)
    case tooLarge(LimitKind, limit: Int64)
}

/// How a tar stream can be malformed.
public enum TarProblem: Hashable, Sendable {
    case badChecksum
    case truncated
    case invalidNumber(field: String)
    case outOfRange(field: String)
    case emptyName
    case nameWithNUL
    case headerTooLarge(size: Int64, limit: Int64)
    case malformedExtendedHeader
    case danglingExtendedHeader
    case unsupportedType(UInt8)
    case malformedSparseMap
    case loneZeroBlock
}

/// Why an entry is not unpacked.
public enum EntryRefusal: Hashable, Sendable {
    case parentReference
    case pathTooLong(limit: Int)
    case outsideLink
    case missingLinkTarget(FileName)
    case directoryLink(FileName)
    case overlayAttribute(FileName)
    case whiteoutDevice
    case device
    case invalidWhiteout
    case parentIsNoDirectory(FileName)
    case tooManyLinks
    case replacesRoot
}

/// What is limited when an archive is unpacked.
public enum LimitKind: Hashable, Sendable {
    case entries, bytes, ratio, headers
}
