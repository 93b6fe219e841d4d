internal import FileSystem
internal import Glibc
internal import Jobs
internal import OCI
internal import Storage
internal import SystemPackage

/// An archive that is a file of this machine.
struct LocalArchive {
    let file: OpenFile
    let digest: Digest
    private let path: String
    private let status: FileStatus

    /// Reads it once for its digest. Blocks; throws `CancellationError` once the flag is raised.
    init(_ path: String, _ flag: CancellationFlag) throws {
        self.path = path
        do {
            file = try HostFiles.ofProcess.open(path, [.read, .nonBlocking])
        } catch {
            throw JobFailure(archive: path, "it cannot be opened: \(String(cString: strerror(error.code)))")
        }
        status = try file.status()
        guard status.kind == .regular else { throw JobFailure(archive: path, "it is no file") }
        digest = try Self.digest(of: file, flag)
    }

    /// Throws if somebody wrote to the file after it was read: then it may have been unpacked as something else.
    func checkUnchanged() throws {
        let now = try file.status()
        guard now.size == status.size, now.modified == status.modified, now.changed == status.changed else {
            throw JobFailure(archive: path, "it changed while it was read")
        }
    }

    private static func digest(of file: OpenFile, _ flag: CancellationFlag) throws -> Digest {
        var hasher = SHA256()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        var offset: Int64 = 0
        while true {
            try flag.check()
            let count = try file.read(into: buffer, at: offset)
            if count == 0 { return hasher.finalize() }
            hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += Int64(count)
        }
    }
}

extension JobFailure {
    /// An archive that is no context; `name` is without secrets.
    init(archive name: String, _ reason: String) {
        self.init(class: .context, message: "\(name): \(reason)", summary: "\(name): \(reason)")
    }
}
