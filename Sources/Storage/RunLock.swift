internal import FileSystem
internal import Glibc
internal import SystemPackage

/// The right to run in a state folder: one process at a time has it, until it ends or lets go.
public final class RunLock: Sendable {
    private let file: OpenFile

    private init(_ file: OpenFile) {
        self.file = file
    }

    /// Takes the lock; with `wait` it waits as long as it takes and calls `waiting` once with the holder's pid.
    public static func acquire(
        _ state: StateFolder, wait: Bool, waiting: (Int32?) -> Void = { _ in }
    ) throws(StorageError) -> RunLock {
        let file = try storing("opening \(state.lock)") { () throws(SystemError) in
            try OpenFile.open(state.lock.string, [.readWrite, .create], mode: 0o600)
        }
        let isFree = try storing("locking \(state.lock)") { () throws(SystemError) in try tryLock(file) }
        if !isFree {
            let holder = Self.holder(file)
            guard wait else { throw .lockedByAnotherRun(pid: holder, path: state.lock.string) }
            waiting(holder)
            try storing("waiting for \(state.lock)") { () throws(SystemError) in try file.lock(waiting: true) }
        }
        try storing("writing \(state.lock)") { () throws(SystemError) in
            try file.truncate(to: 0)
            try file.writeAll(Array("\(getpid())\n".utf8))
        }
        return RunLock(file)
    }

    /// Whether a process holds the lock now.
    public static func isHeld(_ state: StateFolder) throws(StorageError) -> Bool {
        let file: OpenFile
        do {
            file = try OpenFile.open(state.lock.string, [.read])
        } catch {
            if error.isNotFound { return false }
            throw .system(error, doing: "opening \(state.lock)")
        }
        return try storing("looking at \(state.lock)") { () throws(SystemError) in
            try !file.lock(.shared, waiting: false)
        }
    }

    /// Whoever calls `isHeld` has the lock for an instant: that is no other run.
    private static func tryLock(_ file: OpenFile) throws(SystemError) -> Bool {
        for _ in 0..<10 {
            if try file.lock(waiting: false) { return true }
            usleep(5_000)
        }
        return false
    }

    private static func holder(_ file: OpenFile) -> Int32? {
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = pread(file.fd, &buffer, buffer.count, 0)
        return count > 0 ? Int32(String(decoding: buffer[..<count].prefix { $0 != 10 }, as: UTF8.self)) : nil
    }
}
