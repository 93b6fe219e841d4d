/// `--chmod`: an octal mode, or symbolic changes such as `u=rwX,go-w`.
public struct FileMode: Hashable, Sendable {
    fileprivate enum Change: Hashable, Sendable {
        case absolute(UInt16)
        case symbolic([Clause])
    }

    fileprivate struct Clause: Hashable, Sendable {
        /// Bits that the clause may touch.
        var mask: UInt16
        var sign: Unicode.Scalar
        var permissions: Permissions
    }

    /// What stands behind `+`, `-` or `=`.
    fileprivate enum Permissions: Hashable, Sendable {
        /// `X` sets the execute bits of directories and of what is executable already.
        case bits(UInt16, executeIfUsed: Bool)
        /// The bits that user, group or others have: how far they are to be shifted.
        case copied(shift: UInt16)
    }

    private let change: Change
    private static let umask: UInt16 = 0o022

    public init(parsing text: String) throws(DockerfileFault) {
        if let first = text.utf8.first, (0x30...0x39).contains(first) {
            guard text.utf8.allSatisfy({ (0x30...0x37).contains($0) }), let mode = UInt16(text, radix: 8),
                mode <= 0o7777
            else { throw .invalidMode(text) }
            change = .absolute(mode)
            return
        }
        var clauses: [Clause] = []
        let parts = Scalars(text).split(separator: ",", omittingEmptySubsequences: false)
        for part in parts {
            guard let more = Self.clauses(part) else { throw .invalidMode(text) }
            clauses += more
        }
        change = .symbolic(clauses)
    }

    /// The mode of directories that are made on the way to the destination.
    public var parentDirectoryMode: UInt16 {
        if case .absolute(let mode) = change { return mode }
        return 0o755
    }

    /// The new mode of an entry, from its old one; for files and directories, not for symlinks.
    public func apply(to mode: UInt16, isDirectory: Bool) -> UInt16 {
        switch change {
        case .absolute(let mode): return mode
        case .symbolic(let clauses):
            let isUsed = isDirectory || mode & 0o111 != 0
            return clauses.reduce(mode & 0o7777) { $1.apply(to: $0, executes: isUsed) }
        }
    }

    /// `[ugoa]*([-+=]([rwxXst]*|[ugo]))+`
    private static func clauses(_ text: Scalars) -> [Clause]? {
        let who = text.prefix { "ugoa".unicodeScalars.contains($0) }
        var rest = text[who.endIndex...]
        guard !rest.isEmpty else { return nil }
        var clauses: [Clause] = []
        while let sign = rest.popFirst() {
            guard "+-=".unicodeScalars.contains(sign), let permissions = takePermissions(from: &rest) else {
                return nil
            }
            clauses.append(Clause(mask: mask(who), sign: sign, permissions: permissions))
        }
        return clauses
    }

    private static let masks: [Unicode.Scalar: UInt16] = ["u": 0o4700, "g": 0o2070, "o": 0o1007, "a": 0o7777]

    /// Without `who`, all bits that the umask allows.
    private static func mask(_ who: Scalars) -> UInt16 {
        who.isEmpty ? 0o7777 & ~umask : who.reduce(0) { $0 | (masks[$1] ?? 0) }
    }

    private static func takePermissions(from rest: inout Scalars) -> Permissions? {
        let text = rest.prefix { !"+-=".unicodeScalars.contains($0) }
        rest = rest[text.endIndex...]
        let shifts: [Unicode.Scalar: UInt16] = ["u": 6, "g": 3, "o": 0]
        if text.count == 1, let first = text.first, let shift = shifts[first] { return .copied(shift: shift) }
        let values: [Unicode.Scalar: UInt16] = [
            "r": 0o444, "w": 0o222, "x": 0o111, "s": 0o6000, "t": 0o1000, "X": 0,
        ]
        var bits: UInt16 = 0
        for letter in text {
            guard let value = values[letter] else { return nil }
            bits |= value
        }
        return .bits(bits, executeIfUsed: text.contains("X"))
    }
}

extension FileMode.Clause {
    fileprivate func apply(to mode: UInt16, executes: Bool) -> UInt16 {
        let bits = permissions.bits(of: mode, executes: executes) & mask
        switch sign {
        case "+": return mode | bits
        case "-": return mode & ~bits
        default: return mode & ~mask | bits
        }
    }
}

extension FileMode.Permissions {
    fileprivate func bits(of mode: UInt16, executes: Bool) -> UInt16 {
        switch self {
        case .bits(let bits, let executeIfUsed): bits | (executeIfUsed && executes ? 0o111 : 0)
        case .copied(let shift): (mode >> shift & 0o7) * 0o111
        }
    }
}
