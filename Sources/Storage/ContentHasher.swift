internal import FileSystem
internal import OCI

/// Digests files one after the other with one buffer.
struct ContentHasher: ~Copyable {
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)
    private var hasher = SHA256()

    deinit { buffer.deallocate() }

    /// Of what is from the file's position to its end.
    mutating func digest(of file: OpenFile) throws(SystemError) -> Digest {
        do {
            while case let count = try file.read(into: buffer), count > 0 {
                hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        } catch {
            // Starts anew for the next file.
            _ = hasher.finalize()
            throw error
        }
        return hasher.finalize()
    }
}
