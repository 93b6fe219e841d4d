internal import Glibc
internal import SystemPackage

/// Where the executor's program is: beside this one, or in `../libexec`.
enum ExecutorProgramFile {
    static func path() throws -> FilePath {
        let own = try FilePath.real("/proc/self/exe").removingLastComponent()
        let candidates = [
            own.appending("build-all-executor"),
            own.removingLastComponent().appending("libexec/build-all-executor"),
        ]
        guard let found = candidates.first(where: { access($0.string, X_OK) == 0 }) else {
            let places = candidates.map(\.string).joined(separator: " nor ")
            throw CommandFailure(.host, "the program build-all-executor is neither at \(places)")
        }
        return found
    }
}
