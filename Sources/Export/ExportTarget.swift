internal import FileSystem
internal import OCI
internal import Storage
internal import SystemPackage

/// The folder of a file that is written beside its final name and renamed when it is whole.
struct ExportTarget {
    let folder: OpenFile
    let name: FileName

    /// Makes the folders above the file.
    init(_ path: String) throws {
        let path = FilePath(path)
        guard let last = path.lastComponent else { throw ExportError.noFileName(path.string) }
        folder = try OpenFile.makeFolders(path.removingLastComponent().string)
        name = FileName(last.string)
    }

    /// Lets `write` fill a new file, then gives it the name; if it throws, what had the name before stays.
    func replace(_ write: (OpenFile) throws -> Void) throws {
        let temporary = FileName(".\(name).build-all-part")
        let file = try folder.open(temporary, [.write, .create, .truncate, .noFollow], mode: 0o644)
        do {
            try write(file)
            try folder.rename(temporary, to: name, in: folder)
        } catch {
            try folder.unlink(temporary)
            throw error
        }
    }

    /// Copies a blob and verifies its digest on the way.
    static func copy(_ digest: Digest, of blobs: BlobStore, _ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        let source = try blobs.open(digest)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var hasher = SHA256()
        while case let count = try source.read(into: buffer), count > 0 {
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hasher.update(bytes)
            try take(bytes)
        }
        let actual = hasher.finalize()
        guard actual == digest else { throw ExportError.damagedBlob(expected: digest, actual: actual) }
    }
}
