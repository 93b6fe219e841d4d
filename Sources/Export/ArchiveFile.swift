internal import FileSystem
internal import Layers
internal import OCI
internal import Storage
internal import SystemPackage

/// A tar archive that appears under its name when it is complete. The same content gives the same bytes.
struct ArchiveFile {
    private let path: String
    private let name: FileName
    private let folder: OpenFile
    private let draft: Draft
    private var writer: TarWriter

    init(_ path: String) throws {
        let place = FilePath(path)
        guard let last = place.lastComponent else { throw ExportError.noFileName(path) }
        self.path = path
        name = FileName(last.string)
        (folder, draft) = try exporting("writing \(path)") { () throws(SystemError) in
            let folder = try OpenFile.makeFolders(place.removingLastComponent().string)
            return (folder, try Draft(in: folder))
        }
        writer = TarWriter(to: FileSink(draft.file))
    }

    mutating func addFolder(_ path: String) throws {
        try writing { try $0.add(TarEntry(path: FileName(path), kind: .directory, permissions: 0o755)) }
    }

    mutating func addFile(_ path: String, _ bytes: [UInt8]) throws {
        try addFile(path, size: Int64(bytes.count)) { take in try bytes.withUnsafeBytes { try take($0) } }
    }

    /// `body` hands over the content, of exactly this size.
    mutating func addFile(
        _ path: String, size: Int64, _ body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        try writing { writer in
            try writer.add(TarEntry(path: FileName(path), kind: .regular, permissions: 0o644, size: size))
            try body { try writer.addContent($0) }
        }
    }

    /// A layer's tar stream: its size is only known at its end, so it is written aside first, on the same disk.
    mutating func addUncompressed(
        _ path: String, _ layer: Descriptor, diffID: Digest, from blobs: BlobStore
    ) throws {
        let aside = try exporting("writing \(self.path)") { () throws(SystemError) in try Draft(in: folder) }
        var offset: Int64 = 0
        try writing { writer in
            let size = try writeUncompressed(layer, diffID: diffID, from: blobs, to: aside.file)
            try writer.add(TarEntry(path: FileName(path), kind: .regular, permissions: 0o644, size: size))
            try writer.fillContent { buffer in
                let count = try aside.file.read(into: buffer, at: offset)
                offset += Int64(count)
                return count
            }
        }
    }

    /// Ends the archive and gives it its name.
    mutating func commit() throws {
        try writing { try $0.finish() }
        try exporting("writing \(path)") { () throws(SystemError) in try draft.commit(as: name) }
    }

    private mutating func writing(_ body: (inout TarWriter) throws -> Void) throws {
        do {
            try body(&writer)
        } catch let error as SystemError {
            throw ExportError.system(error, doing: "writing \(path)")
        }
    }
}
