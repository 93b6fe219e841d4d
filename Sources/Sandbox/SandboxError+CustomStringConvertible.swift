import Glibc

extension SandboxError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .systemCall(let call, let path, let errno):
            "\(call)\(path.isEmpty ? "" : " " + path): \(Self.text(of: errno))"
        case .mount(let what, let errno):
            "\(what): \(Self.text(of: errno))"
        case .connectionClosed:
            "the other side closed the connection"
        case .messageTooLong(let bytes, let limit):
            "a message of \(bytes) bytes is longer than \(limit)"
        case .tooManyDescriptors(let count, let limit):
            "\(count) descriptors are more than the \(limit) that a message can take along"
        case .malformedMessage:
            "a message does not have the form of the protocol"
        case .notAnExecutor:
            "this program is started by build-all only"
        case .outsideStateFolder(let path, let stateFolder):
            "\(path) is not below the state folder \(stateFolder)"
        case .containsNUL(let text):
            "\"\(text.replacingNUL)\" contains a NUL byte"
        case .noIDs(let file, let found, let needed):
            "\(file) has \(found) ids from 0 on, \(needed) are needed"
        case .noSubordinateIDs(let file, let user, let found, let needed):
            "\(file) gives \(user) \(found) subordinate ids, \(needed) are needed"
        }
    }

    static func text(of errno: CInt) -> String {
        guard let text = strerror(errno) else { return "error \(errno)" }
        return String(cString: text)
    }
}

extension String {
    fileprivate var replacingNUL: String { String(map { $0 == "\0" ? "\u{FFFD}" : $0 }) }
}
