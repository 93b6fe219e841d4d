public import SystemPackage

#if canImport(Glibc)
    internal import Glibc
#endif

/// An open file whose bytes become the body of a request. Reads are at explicit offsets, so one file can be sent again.
public final class UploadFile: Sendable {
    public let path: FilePath
    /// In bytes.
    public let size: Int64
    private let descriptor: FileDescriptor

    /// Opens the file. Throws `HTTPError.file` if that fails, or if it is not `size` bytes long.
    public init(_ path: FilePath, size: Int64) throws(HTTPError) {
        do {
            descriptor = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        } catch {
            throw .file(path: path.string, reason: "open: \(error)")
        }
        self.path = path
        self.size = size
        var status = stat()
        guard fstat(descriptor.rawValue, &status) == 0, Int64(status.st_size) == size else {
            try? descriptor.close()
            throw .file(path: path.string, reason: "it is \(status.st_size) bytes long, not \(size)")
        }
        posix_fadvise(descriptor.rawValue, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    deinit { try? descriptor.close() }

    /// Reads into the buffer; nil when the file cannot be read or ends too early.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int? {
        guard let base = buffer.baseAddress else { return 0 }
        let wanted = Int(min(Int64(buffer.count), size - offset))
        guard wanted > 0 else { return 0 }
        while true {
            let count = pread(descriptor.rawValue, base, wanted, off_t(offset))
            if count < 0, errno == EINTR { continue }
            return count > 0 ? count : nil
        }
    }
}
