internal import FileSystem
internal import Glibc

/// A file that gets its name when it is complete; without that nothing stays of it.
///
/// Where the file system can it has no name at all until then, so that kill -9 leaves nothing either.
final class Draft {
    static let prefix = Array(".build-all-".utf8)

    let file: OpenFile
    private let folder: OpenFile
    /// The name for the time being, if there has to be one.
    private var name: FileName?

    init(in folder: OpenFile) throws(SystemError) {
        self.folder = folder
        do {
            file = try folder.open(".", [.readWrite, .unnamed], mode: 0o644)
        } catch {
            guard [EOPNOTSUPP, EISDIR, EINVAL, ENOENT].contains(error.code) else { throw error }
            let name = Self.makeName()
            file = try folder.open(name, [.readWrite, .create, .exclusive], mode: 0o644)
            self.name = name
        }
    }

    deinit {
        guard let name else { return }
        do {
            try folder.unlink(name)
        } catch {
            // Left over; whoever writes to the layout next removes it.
            _ = error
        }
    }

    /// Gives the file its name; what had it before is replaced in one instant.
    func commit(as final: FileName) throws(SystemError) {
        if name == nil {
            let draft = Self.makeName()
            try folder.makeHardLink(draft, to: file)
            name = draft
        }
        guard let draft = name else { return }
        try folder.rename(draft, to: final, in: folder)
        name = nil
    }

    static func makeName() -> FileName {
        FileName(prefix + String(UInt64.random(in: .min ... .max), radix: 36).utf8)
    }
}

extension OpenFile {
    /// Gives a small file below this directory a new content in one instant.
    func replaceFile(_ name: FileName, with bytes: [UInt8]) throws(SystemError) {
        let draft = try Draft(in: self)
        try draft.file.writeAll(bytes)
        try draft.commit(as: name)
    }

    /// The bytes of a file below this directory; nil if there is none, or one that is larger.
    func bytes(of name: FileName, limit: Int) throws(SystemError) -> [UInt8]? {
        do {
            return try open(name, [.read]).readAll(limit: limit)
        } catch {
            if error.isNotFound { return nil }
            throw error
        }
    }
}
