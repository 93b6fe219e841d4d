internal import FileSystem
internal import Glibc
internal import Synchronization

/// Counts the temporary names of this process.
private let serial = Atomic<Int>(0)

extension OpenFile {
    /// A name that nobody else uses: the pid is that of one pid namespace, so the boot's nanoseconds are in it too.
    static func temporaryName(_ prefix: String) -> FileName {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let number = serial.add(1, ordering: .relaxed).newValue
        let random = UInt32.random(in: .min ... .max)
        return FileName("\(prefix)-\(getpid())-\(time.tv_sec)\(time.tv_nsec)-\(number)-\(String(random, radix: 36))")
    }

    /// The bytes of a file below this directory; nil if there is none, or one that is larger.
    func readSmallFile(_ name: FileName, limit: Int = 16 << 20) throws(SystemError) -> [UInt8]? {
        do {
            return try open(name, [.read, .noFollow]).readAll(limit: limit)
        } catch {
            if error.isNotFound { return nil }
            throw error
        }
    }

    /// Gives a file below this directory a new content in one instant; readers see the old or the new one. What a crash
    /// leaves is in `temporary`.
    func replaceFile(_ name: FileName, with bytes: [UInt8], through temporary: OpenFile) throws(SystemError) {
        let draft = Self.temporaryName("\(name)")
        do {
            try temporary.open(draft, [.write, .create, .exclusive], mode: 0o600).writeAll(bytes)
            try temporary.rename(draft, to: name, in: self)
        } catch {
            do throws(SystemError) { try temporary.unlink(draft) } catch { _ = error }
            throw error
        }
    }
}
