internal import CLinux
internal import Glibc

/// A file descriptor with one owner: it is closed with the last reference. Always close-on-exec.
///
/// Work on a tree goes from directory to directory by descriptors, never by long paths.
public final class OpenFile: Sendable {
    public let fd: Int32

    /// Takes over a descriptor.
    public init(owning fd: Int32) {
        precondition(fd >= 0, "a descriptor is not negative")
        self.fd = fd
    }

    deinit { close(fd) }

    /// Flags of open(2), those that are used here.
    public struct Flags: OptionSet, Sendable {
        public let rawValue: Int32

        public init(rawValue: Int32) { self.rawValue = rawValue }

        public static let read = Flags(rawValue: O_RDONLY)
        public static let write = Flags(rawValue: O_WRONLY)
        public static let readWrite = Flags(rawValue: O_RDWR)
        public static let create = Flags(rawValue: O_CREAT)
        /// Fails if the name exists, also as a link.
        public static let exclusive = Flags(rawValue: O_EXCL)
        public static let truncate = Flags(rawValue: O_TRUNC)
        public static let append = Flags(rawValue: O_APPEND)
        public static let directory = Flags(rawValue: O_DIRECTORY)
        public static let noFollow = Flags(rawValue: O_NOFOLLOW)
        /// Only a handle: metadata and as a base for names, no reading (O_PATH).
        public static let pathOnly = Flags(rawValue: 0o10000000)
        /// A new file without a name in the directory that is opened; `makeHardLink` gives it one. Without that it is
        /// gone with its descriptor, also after kill -9. Not all file systems have it (EOPNOTSUPP).
        public static let unnamed = Flags(rawValue: 0o20000000 | O_DIRECTORY)
        /// Does not wait for the other end of a FIFO.
        public static let nonBlocking = Flags(rawValue: O_NONBLOCK)
        /// Reading leaves the access time (O_NOATIME); only for the file's owner and root, others get EPERM.
        public static let noAccessTime = Flags(rawValue: 0o1000000)
    }

    /// Opens a path of the host, following links.
    public static func open(_ path: String, _ flags: Flags, mode: UInt16 = 0o666) throws(SystemError) -> OpenFile {
        OpenFile(owning: try check("open", path) { clinux_openat(AT_FDCWD, path, flags.rawValue, UInt32(mode)) })
    }

    /// Opens a name below this directory; a link at its end is followed unless `noFollow` is given.
    public func open(_ name: FileName, _ flags: Flags, mode: UInt16 = 0o666) throws(SystemError) -> OpenFile {
        OpenFile(
            owning: try check("openat", name.description) {
                name.withCString { clinux_openat(fd, $0, flags.rawValue, UInt32(mode)) }
            })
    }

    /// Opens a path with this directory as its root: absolute links and `..` stay inside, as after chroot (openat2(2)).
    public func openInRoot(_ path: FileName, _ flags: Flags, mode: UInt16 = 0o666) throws(SystemError) -> OpenFile {
        try openResolving(path, flags, mode, clinux_resolve_in_root)
    }

    /// Opens a path that must stay below this directory: `..` and links out of it fail with EXDEV.
    public func openBeneath(_ path: FileName, _ flags: Flags, mode: UInt16 = 0o666) throws(SystemError) -> OpenFile {
        try openResolving(path, flags, mode, clinux_resolve_beneath)
    }

    /// Opens a path below this directory on which there is no link at all (ELOOP if there is). It may be longer than the
    /// kernel takes at once (PATH_MAX).
    public func openWithoutLinks(
        _ path: FileName, _ flags: Flags, mode: UInt16 = 0o666
    ) throws(SystemError) -> OpenFile {
        var place = self
        var rest = path.bytes[...]
        while rest.count > Self.pathLimit, let slash = rest.prefix(Self.pathLimit).lastIndex(of: UInt8(ascii: "/")) {
            let part = FileName(unchecked: Array(rest[..<slash]))
            place = try place.openResolving(part, [.pathOnly, .directory], 0, clinux_resolve_no_links)
            rest = rest[(slash + 1)...]
        }
        return try place.openResolving(FileName(unchecked: Array(rest)), flags, mode, clinux_resolve_no_links)
    }

    /// Opens a name below this directory in which nothing is mounted (EXDEV else).
    func openInMount(_ name: FileName, _ flags: Flags) throws(SystemError) -> OpenFile {
        try openResolving(name, flags, 0, clinux_resolve_in_mount)
    }

    /// PATH_MAX without the NUL at the end.
    private static let pathLimit = 4095

    private func openResolving(
        _ path: FileName, _ flags: Flags, _ mode: UInt16, _ resolve: UInt64
    ) throws(SystemError) -> OpenFile {
        let path = path.bytes.isEmpty ? FileName(".") : path
        // openat2 refuses a mode where nothing is created.
        let mode = flags.contains(.create) ? UInt32(mode) : 0
        // EAGAIN: a rename went on while `..` was resolved (openat2(2)).
        while true {
            do {
                return OpenFile(
                    owning: try check("openat2", path.description) {
                        path.withCString { clinux_openat2(fd, $0, flags.rawValue, mode, resolve) }
                    })
            } catch {
                guard error.code == EAGAIN else { throw error }
            }
        }
    }

    /// A second descriptor for the open file behind a descriptor, which stays its owner's.
    public convenience init(borrowing fd: Int32) throws(SystemError) {
        self.init(owning: try check("fcntl", nil) { clinux_duplicate(fd) })
    }

    /// Both ends of a new pipe.
    public static func pipe() throws(SystemError) -> (reading: OpenFile, writing: OpenFile) {
        var ends: [Int32] = [-1, -1]
        try check("pipe2", nil) { clinux_pipe(&ends) }
        return (OpenFile(owning: ends[0]), OpenFile(owning: ends[1]))
    }

    /// Both ends of a new pseudo terminal: the one that a program's owner has, and the program's.
    public static func terminal() throws(SystemError) -> (ours: OpenFile, theirs: OpenFile) {
        var ours: Int32 = -1
        var theirs: Int32 = -1
        try check("open", "/dev/ptmx") { clinux_open_terminal(&ours, &theirs) }
        return (OpenFile(owning: ours), OpenFile(owning: theirs))
    }

    /// Opens a folder of the host by its path; what is missing of it is made (0755, cut by the umask).
    public static func makeFolders(_ path: String, mode: UInt16 = 0o755) throws(SystemError) -> OpenFile {
        var place = try open(path.hasPrefix("/") ? "/" : ".", [.pathOnly, .directory])
        for part in path.utf8.split(separator: UInt8(ascii: "/")) {
            place = try place.makeFolder(FileName(part), mode: mode)
        }
        return try place.open(".", [.read, .directory])
    }

    /// A handle of a folder that is there, or is made.
    private func makeFolder(_ name: FileName, mode: UInt16) throws(SystemError) -> OpenFile {
        do throws(SystemError) {
            return try open(name, [.pathOnly, .directory])
        } catch {
            guard error.code == ENOENT else { throw error }
        }
        do throws(SystemError) {
            try makeDirectory(name, mode: mode)
        } catch {
            // Somebody else may have made it meanwhile.
            if !error.isExisting { throw error }
        }
        return try open(name, [.pathOnly, .directory])
    }

    /// The path under which /proc shows this descriptor, for calls that take no descriptor.
    var procPath: String { "/proc/self/fd/\(fd)" }
}
