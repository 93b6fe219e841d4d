internal import FileSystem
internal import Glibc
internal import HTTP
internal import Jobs
internal import Layers
internal import OCI
internal import Storage
internal import SystemPackage

/// Archives as folders, each unpacked once for all runs.
struct UnpackedArchives {
    let folder: FilePath
    /// On the same file system.
    let temporary: FilePath
    let lease: ContextLease
    /// Once it is raised `CancellationError` is thrown.
    let flag: CancellationFlag

    /// The contents of the archive that has the digest; `name` is for errors. `check` throws if what was unpacked may be
    /// something else. Blocks.
    func folder(
        of digest: Digest, name: String, file: () throws -> OpenFile, check: () throws -> Void = {}
    ) throws -> FilePath {
        let place = folder.appending(digest.hex)
        let folder = try OpenFile.makeFolders(folder.string, mode: 0o700)
        if try lease.keep(place) { return place }
        let file = try file()
        guard let kind = try archiveKind(of: file) else { throw Self.failure(name, try Self.reason(file)) }
        let drafts = try OpenFile.open(temporary.string, [.read, .directory])
        let draft = FileName("archive-" + String(UInt64.random(in: .min ... .max), radix: 36))
        try drafts.makeDirectory(draft, mode: 0o755)
        do {
            // As with any context, owners do not count; the executor may be another user, so ours are given. No device of
            // this machine is to be in reach of a build.
            try extractArchive(
                file, kind: kind, into: drafts.open(draft, [.read, .directory]),
                owner: FileOwner(uid: geteuid(), gid: getegid()), makesDevices: false,
                check: flag.check)
            try check()
            try adopt(draft, from: drafts, as: FileName(digest.hex), in: folder)
        } catch {
            try drafts.removeTree(draft)
            if let error = error as? LayersError { throw Self.failure(name, "\(error)") }
            throw error
        }
        return place
    }

    /// Another command may have been first.
    private func adopt(
        _ draft: FileName, from drafts: OpenFile, as name: FileName, in folder: OpenFile
    ) throws(SystemError) {
        do throws(SystemError) {
            try drafts.rename(draft, to: name, in: folder, replacing: false)
        } catch {
            guard error.isExisting || error.code == ENOTEMPTY else { throw error }
            try drafts.removeTree(draft)
        }
    }

    /// A folder in what was unpacked; links on the way stay inside of it.
    static func folder(_ relative: String, in whole: FetchedFolder, name: String) throws -> FetchedFolder {
        let names = relative.utf8.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
        guard !names.isEmpty else { return whole }
        let path = names.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
        do throws(SystemError) {
            let root = try OpenFile.open(whole.path, [.pathOnly, .directory])
            let folder = try root.openBeneath(FileName(path), [.pathOnly, .directory])
            var part = whole
            part.path = try Self.path(of: folder)
            return part
        } catch {
            let reason =
                error.code == EXDEV
                ? "leads out of the archive"
                : error.code == ENOTDIR
                    ? "is no folder" : error.isNotFound ? "is not there" : "cannot be opened: \(error)"
            throw failure(name, "the folder \"\(path)\" \(reason)")
        }
    }

    private static func path(of folder: OpenFile) throws(SystemError) -> String {
        var buffer = [CChar](repeating: 0, count: 4097)
        let count = readlink("/proc/self/fd/\(folder.fd)", &buffer, 4096)
        guard count > 0 else { throw SystemError(call: "readlink", code: errno, path: nil) }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func failure(_ name: String, _ reason: String) -> JobFailure { JobFailure(archive: name, reason) }

    /// What people name instead of an archive.
    private static func reason(_ file: OpenFile) throws -> String {
        var head = [UInt8](repeating: 0, count: 64)
        let count = try head.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        let text = String(decoding: head[..<count], as: UTF8.self).lowercased()
        let start = text.drop(while: \.isWhitespace)
        if start.hasPrefix("<!doctype") || start.hasPrefix("<html") {
            return "it is no tar archive but a page; the address of a git repository ends in .git"
        }
        return "it is no tar archive" + (text.hasPrefix("pk\u{3}\u{4}") ? " but a zip file" : "")
    }
}
