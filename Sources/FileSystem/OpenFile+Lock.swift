internal import CLinux
internal import Glibc

extension OpenFile {
    /// How many may hold a lock at once.
    public enum LockKind: Sendable {
        case shared, exclusive
    }

    /// Takes the lock of the open file (flock(2)), a directory's too; it is let go with the last descriptor of this
    /// opening. Returns false if others hold it and `waiting` is false.
    ///
    /// Only those that ask for it are held up; within one process two openings exclude each other as well.
    @discardableResult
    public func lock(_ kind: LockKind = .exclusive, waiting: Bool) throws(SystemError) -> Bool {
        let operation = (kind == .shared ? LOCK_SH : LOCK_EX) | (waiting ? 0 : LOCK_NB)
        do {
            try check("flock", nil) { clinux_flock(fd, operation) }
            return true
        } catch {
            guard error.code == EWOULDBLOCK else { throw error }
            return false
        }
    }

    /// Lets the lock go before the descriptor is closed.
    public func unlock() throws(SystemError) {
        try check("flock", nil) { clinux_flock(fd, LOCK_UN) }
    }
}
