internal import Glibc
internal import Synchronization

/// Files of the machine that are read by name: whatever is there, until it is fixed what may be read.
///
/// A program whose root becomes somebody else's names before that all that it reads. From then on such a name leads where it
/// led then, whatever links the other root has; at all other names there is nothing.
public final class HostFiles: Sendable {
    public static let ofProcess = HostFiles()

    /// What the kernel shows is nobody else's; but who likes writes to these.
    private static let kernel = ["/proc/", "/sys/", "/dev/"]
    private static let memory = ["/dev/shm/", "/dev/mqueue/"]
    /// Where nothing ever is.
    private static let nowhere = "/dev/null"

    private struct Places: Sendable {
        var folder: String
        /// By name: where it led.
        var targets: [[Substring]: String] = [:]
        /// What is below these was ours already.
        var own: Set<String> = []
    }

    private let places = Mutex<Places?>(nil)

    public init() {}

    /// From now on only these files and folders are read; a folder with all that is in it. What of them is there is
    /// returned: absolute, without links. It has to stay where it is. `mounts`: what is below one is found through the links of
    /// that moment, as whoever rotates a token replaces some of them.
    public func fix(_ names: [String], mounts: [String]) -> [String] {
        var fixed = Places(folder: Self.real(".") ?? "/")
        // Who may write to a mount as anybody could replace what is in it.
        let mounts = mounts.filter { !Self.isForAll($0) }
        var kept: Set<String> = []
        for name in Set(names) where !Self.isOfKernel(name) {
            let parts = Self.parts(name, in: fixed.folder)
            if let target = Self.real(Self.path(parts)) {
                if !Self.isOfKernel(target) { kept.insert(target) }
                fixed.own.insert(target)
                fixed.targets[parts] = target
            }
            guard let (count, place, mount) = Self.entry(of: parts, to: mounts) else { continue }
            fixed.targets[parts] = Self.path(place, parts[count...])
            fixed.own.insert(mount)
        }
        places.withLock { $0 = fixed }
        return kept.sorted()
    }

    /// Where a file or folder is; nil if it is not there, or was not named when that was fixed.
    public func path(_ name: String) -> String? {
        guard let places = places.withLock({ $0 }), !Self.isOfKernel(name) else { return name }
        let parts = Self.parts(name, in: places.folder)
        for count in stride(from: parts.count, through: 1, by: -1) {
            guard let target = places.targets[Array(parts[..<count])] else { continue }
            guard let real = Self.real(Self.path(target, parts[count...])) else { return nil }
            return places.own.contains { real == $0 || real.hasPrefix($0 + "/") } ? real : nil
        }
        return nil
    }

    /// The same for who opens it himself: a path where nothing is instead of nil.
    public func place(_ name: String) -> String { path(name) ?? Self.nowhere + (name.hasPrefix("/") ? "" : "/") + name }

    /// Opens it, following links. Throws ENOENT for what is not to be read.
    public func open(_ name: String, _ flags: OpenFile.Flags) throws(SystemError) -> OpenFile {
        guard let path = path(name) else { throw SystemError(call: "open", code: ENOENT, path: name) }
        return try OpenFile.open(path, flags)
    }

    // MARK: - Names

    private static func isOfKernel(_ name: String) -> Bool {
        kernel.contains(where: name.hasPrefix) && !memory.contains(where: name.hasPrefix)
    }

    private static func parts(_ name: String, in folder: String) -> [Substring] {
        let whole = name.hasPrefix("/") ? name : "\(folder)/\(name)"
        return whole.split(separator: "/").filter { $0 != "." }
    }

    private static func path(_ parts: some Sequence<Substring>) -> String { "/" + parts.joined(separator: "/") }

    private static func path(_ folder: String, _ rest: some Collection<Substring>) -> String {
        rest.isEmpty ? folder : folder + path(rest)
    }

    private static func real(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func isForAll(_ folder: String) -> Bool {
        var status = stat()
        return stat(folder, &status) != 0 || status.st_mode & 0o002 != 0
    }

    /// How much of a path leads into a mount, and where to.
    private static func entry(
        of parts: [Substring], to mounts: [String]
    ) -> (count: Int, place: String, mount: String)? {
        for count in parts.indices.map({ $0 + 1 }) {
            guard let place = real(path(parts[..<count])) else { return nil }
            if let mount = mounts.first(where: { place == $0 || place.hasPrefix($0 + "/") }) {
                return (count, place, mount)
            }
        }
        return nil
    }
}
