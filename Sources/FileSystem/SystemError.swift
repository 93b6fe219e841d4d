internal import CLinux
internal import Glibc

/// A system call that failed: which, on what, and why.
public struct SystemError: Error, Hashable, Sendable {
    /// As in the manual: `openat`.
    public let call: String
    /// The value of errno.
    public let code: Int32
    /// What it was called on, bytes that are no UTF-8 replaced.
    public let path: String?

    public init(call: String, code: Int32, path: String?) {
        self.call = call
        self.code = code
        self.path = path
    }

    public var isNotFound: Bool { code == ENOENT || code == ENOTDIR }
    /// Something on the way is a file.
    public var isNotDirectory: Bool { code == ENOTDIR }
    /// A link where none was allowed.
    public var isLink: Bool { code == ELOOP }
    public var isExisting: Bool { code == EEXIST }
    public var isNoSpace: Bool { code == ENOSPC || code == EDQUOT }
}

extension SystemError: CustomStringConvertible {
    public var description: String {
        let reason = String(cString: strerror(code))
        return path.map { "\(call) \($0): \(reason)" } ?? "\(call): \(reason)"
    }
}

/// Calls until the call is not interrupted; a negative result throws with `errno`.
@discardableResult
func check<Result: FixedWidthInteger & SignedInteger>(
    _ call: String, _ path: @autoclosure () -> String?, _ body: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = body()
        if result >= 0 { return result }
        let code = errno
        if code != EINTR { throw SystemError(call: call, code: code, path: path()) }
    }
}
