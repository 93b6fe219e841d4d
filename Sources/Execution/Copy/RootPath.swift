/// A path inside some root: names as raw bytes, without `.`, `..` and links.
struct RootPath: Hashable {
    var names: [[UInt8]]

    static let root = RootPath(names: [])

    init(names: [[UInt8]]) {
        self.names = names
    }

    /// Cleans a path lexically; `..` never leads out of the root.
    init(_ text: String) {
        var names: [[UInt8]] = []
        for name in text.utf8.split(separator: UInt8(ascii: "/")) {
            switch Array(name) {
            case [46]: continue
            case [46, 46]: if !names.isEmpty { names.removeLast() }
            case let name: names.append(name)
            }
        }
        self.names = names
    }

    var last: [UInt8]? { names.last }

    var parent: RootPath { RootPath(names: Array(names.dropLast())) }

    func appending(_ name: [UInt8]) -> RootPath { RootPath(names: names + [name]) }

    func appending(_ path: RootPath) -> RootPath { RootPath(names: names + path.names) }

    /// Names joined by `/`, without a leading one; empty for the root itself.
    var bytes: [UInt8] { Array(names.joined(separator: [UInt8(ascii: "/")])) }
}

extension RootPath: CustomStringConvertible {
    /// With a leading `/`; bytes that are no UTF-8 are replaced.
    var description: String { "/" + String(decoding: bytes, as: UTF8.self) }
}

/// Follows the symbolic links of a path inside a root, as the kernel does after `chroot`, and past the end of what exists.
struct PathResolver {
    enum Found: Equatable {
        case missing
        case directory
        case link(target: [UInt8])
        case other
    }

    struct Resolved: Equatable {
        /// No link is on it, so far as it exists.
        var path: RootPath
        /// What stands there.
        var found: Found
    }

    static let mostLinks = 255

    /// What stands at a path whose parents are directories.
    let lookUp: (RootPath) throws -> Found

    /// Resolves a path; with `followsLast` a link at its end is followed too, even one that dangles.
    func resolve(_ path: RootPath, followsLast: Bool = true) throws -> Resolved {
        var pending = Array(path.names.reversed())
        var resolved = RootPath.root
        var found = Found.directory
        var links = 0
        while let name = pending.popLast() {
            if name == [46, 46] {
                resolved = resolved.parent
                found = .directory
                continue
            }
            resolved = resolved.appending(name)
            found = found == .missing ? .missing : try lookUp(resolved)
            guard case .link(let target) = found, followsLast || !pending.isEmpty else { continue }
            links += 1
            guard links <= Self.mostLinks else { throw ExecutionError.tooManyLinks(path.description) }
            resolved = target.first == UInt8(ascii: "/") ? .root : resolved.parent
            found = .directory
            pending += target.split(separator: UInt8(ascii: "/")).filter { $0 != [46] }.reversed().map(Array.init)
        }
        return Resolved(path: resolved, found: found)
    }
}
