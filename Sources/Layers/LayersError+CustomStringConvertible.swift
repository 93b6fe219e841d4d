internal import FileSystem

extension LayersError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformedArchive(let problem, let offset): "malformed tar stream at byte \(offset): \(problem)"
        case .cannotArchive(let path, let reason): "\(path.quoted) cannot be in a layer: \(reason)"
        case .changedWhileRead(let path, let expected, let found):
            "\(path.quoted) changed while it was read: \(found) bytes where there were \(expected)"
        case .whiteoutName(let path):
            "\(path.quoted) cannot be in a layer: a name that begins with .wh. means a deletion there"
        case .refusedEntry(let path, let refusal): "entry \(path.quoted) is refused: \(refusal)"
        case .cannotUnpack(let path, let error): "entry \(path.quoted) cannot be unpacked: \(error)"
        case .unmappedOwner(let path, let uid, let gid):
            "entry \(path.quoted) belongs to \(uid):\(gid), and this user namespace has no such id:"
                + " more subordinate ids are needed in /etc/subuid and /etc/subgid"
        case .malformedCompression(let kind, let reason): "malformed \(kind.rawValue) stream: \(reason)"
        case .unsupportedCompression(let name): "\(name) layers are not supported"
        case .digestMismatch(let expected, let actual): "the layer's digest is \(actual), \(expected) was expected"
        case .sizeMismatch(let expected, let actual): "the layer has \(actual) bytes, \(expected) were expected"
        case .diffIDMismatch(let expected, let actual): "the layer's diffID is \(actual), \(expected) was expected"
        case .tooLarge(let kind, let limit): kind.message(limit)
        }
    }
}

extension TarProblem: CustomStringConvertible {
    public var description: String {
        switch self {
        case .badChecksum: "there is no tar header (its checksum is wrong)"
        case .truncated: "it ends in the middle"
        case .invalidNumber(let field): "the field \(field) is no number"
        case .outOfRange(let field): "the field \(field) is out of range"
        case .emptyName: "an entry has no name"
        case .nameWithNUL: "a name has a NUL byte"
        case .headerTooLarge(let size, let limit): "an extended header of \(size) bytes, the limit is \(limit)"
        case .malformedExtendedHeader: "a PAX header is malformed"
        case .danglingExtendedHeader: "an extended header is not followed by its entry"
        case .unsupportedType(let type): "entries of type \(FileName([type]).quoted) are not supported"
        case .malformedSparseMap: "the map of a sparse file is malformed"
        case .loneZeroBlock: "one zero block and then more, where two are the end"
        }
    }
}

extension EntryRefusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .parentReference: "its path has a \"..\""
        case .pathTooLong(let limit): "its path is longer than \(limit) bytes"
        case .outsideLink: "it is a hard link to a path that has a \"..\""
        case .missingLinkTarget(let target): "it is a hard link to \(target.quoted), which does not exist"
        case .directoryLink(let target): "it is a hard link to \(target.quoted), which is a directory"
        case .overlayAttribute(let name): "its extended attribute \(name.quoted) belongs to overlayfs"
        case .whiteoutDevice: "a device 0/0 means a deletion to overlayfs"
        case .device: "it is a device"
        case .invalidWhiteout: "its name is no deletion of a file"
        case .parentIsNoDirectory(let path): "\(path.quoted) is no directory"
        case .tooManyLinks: "its path passes through too many symbolic links"
        case .replacesRoot: "it would replace the root directory"
        }
    }
}

extension LimitKind {
    func message(_ limit: Int64) -> String {
        switch self {
        case .entries: "the archive has more than \(limit) entries"
        case .bytes: "the archive unpacks to more than \(limit) bytes"
        case .ratio: "the archive unpacks to more than \(limit) times its size"
        case .headers: "an extended header of the archive is larger than \(limit) bytes"
        }
    }
}
