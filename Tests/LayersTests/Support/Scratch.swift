import FileSystem
import Glibc

/// A folder of a test's own, removed with the last reference.
final class Scratch {
    let path: String
    let folder: OpenFile

    /// In memory where that holds extended attributes (Linux 6.6): trees are made and removed ten times as fast.
    private static let place: String = {
        let probe = "/dev/shm/layers-test.\(getpid())"
        let shell = Shell("touch \(probe) && setfattr -n user.a -v 1 \(probe); status=$?; rm -f \(probe); exit $status")
        return shell.status == 0 ? "/dev/shm" : "/tmp"
    }()

    init() throws {
        var template = Array("\(Self.place)/layers-test.XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SystemError(call: "mkdtemp", code: errno, path: nil) }
        path = String(cString: made)
        folder = try OpenFile.open(path, [.read, .directory])
    }

    deinit {
        do {
            let name = path.dropFirst(Self.place.count + 1)
            try OpenFile.open(Self.place, [.read, .directory]).removeTree(FileName(name.utf8))
        } catch {
            print("\(path) is left: \(error)")
        }
    }

    /// A new folder in it.
    func makeFolder(_ name: String) throws -> String {
        try folder.makeDirectory(FileName(name), mode: 0o755)
        return "\(path)/\(name)"
    }

    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = try folder.open(FileName(name), [.write, .create, .truncate], mode: 0o644)
        try file.writeAll(bytes)
        return "\(path)/\(name)"
    }

    func read(_ name: String) throws -> [UInt8] {
        try folder.open(FileName(name), .read).readAll(limit: 1 << 30) ?? []
    }
}
