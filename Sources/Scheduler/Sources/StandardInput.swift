internal import Glibc
internal import Jobs
internal import OCI
internal import Storage
internal import Synchronization

/// The archive on standard input. It can be read once: what came of that is kept.
final class StandardInput: Sendable {
    private static let name = "standard input"
    private let blobs: BlobStore
    private let result = Mutex<Result<Digest, JobFailure>?>(nil)

    init(blobs: BlobStore) { self.blobs = blobs }

    /// Reads it to its end, into the store; not for two tasks at once. Throws `CancellationError` soon after the task is
    /// cancelled, also while nothing comes.
    func digest() async throws -> Digest {
        if let result = result.withLock({ $0 }) { return try result.get() }
        do {
            let digest = try await read()
            result.withLock { $0 = .success(digest) }
            return digest
        } catch {
            result.withLock { $0 = .failure(JobFailure(error)) }
            throw error
        }
    }

    private func read() async throws -> Digest {
        guard isatty(STDIN_FILENO) == 0 else {
            throw JobFailure(
                archive: Self.name, "it is a terminal, and the context is \"-\": as tar c . | build-all …")
        }
        return try await BlockingWork.run(checking: { [blobs] flag in try Self.copy(to: blobs, flag) })
    }

    private static func copy(to blobs: BlobStore, _ flag: CancellationFlag) throws -> Digest {
        let writer = try blobs.makeWriter()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            try flag.check()
            guard isReadable else { continue }
            let count = Glibc.read(STDIN_FILENO, buffer.baseAddress, buffer.count)
            if count < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                throw JobFailure(archive: name, "it cannot be read: \(String(cString: strerror(errno)))")
            }
            if count == 0 { break }
            try writer.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        guard writer.bytesWritten > 0 else {
            throw JobFailure(archive: name, "it is empty, and the context is \"-\": as tar c . | build-all …")
        }
        return try writer.commit().digest
    }

    /// Waits for a while: whoever cancels is not to wait for the next byte.
    private static var isReadable: Bool {
        var place = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&place, 1, 100) > 0
    }
}
