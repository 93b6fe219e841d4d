import FileSystem
import Glibc

/// A folder of a test's own, removed with the last reference.
final class Scratch {
    let path: String
    let folder: OpenFile

    init() throws {
        var template = Array("/tmp/layers-test.XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SystemError(call: "mkdtemp", code: errno, path: nil) }
        path = String(cString: made)
        folder = try OpenFile.open(path, [.read, .directory])
    }

    deinit {
        do {
            try OpenFile.open("/tmp", [.read, .directory]).removeTree(FileName(path.split(separator: "/")[1].utf8))
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
