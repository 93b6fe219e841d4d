internal import FileSystem
internal import Glibc

extension FileName {
    /// Names with slashes between them.
    static func joining(_ names: [FileName]) -> FileName {
        FileName(names.map(\.bytes).joined(separator: [UInt8(ascii: "/")]))
    }

    /// The names of a path, without empty ones and `.`; `..` is kept.
    var components: [FileName] {
        bytes.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual([UInt8(ascii: ".")]) }.map { FileName($0) }
    }
}

extension OpenFile {
    /// Opens a file that is no link without touching its access time, where that is allowed.
    func openToRead(_ name: FileName, _ flags: Flags) throws(SystemError) -> OpenFile {
        let flags = flags.union([.read, .noFollow, .nonBlocking])
        do {
            return try open(name, flags.union(.noAccessTime))
        } catch {
            guard error.code == EPERM else { throw error }
            return try open(name, flags)
        }
    }
}
