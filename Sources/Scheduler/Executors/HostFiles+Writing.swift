internal import FileSystem
internal import Glibc
internal import Sandbox

extension HostFiles {
    /// Where a folder is that is written into. One that was not named when that was fixed is where its name says as long as the
    /// root is the container's own, as it is after the last image; else ENOENT is thrown.
    func folder(_ name: String) throws(SystemError) -> String {
        if let path = path(name) { return path }
        guard access(inPlaceFolder, F_OK) != 0 else { throw SystemError(call: "open", code: ENOENT, path: name) }
        return name
    }
}
