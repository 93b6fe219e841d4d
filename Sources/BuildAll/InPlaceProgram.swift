internal import FileSystem
internal import Glibc
internal import Programs
internal import Sandbox
internal import SystemPackage

/// This program in a container whose root becomes an image's, which may be hostile: nothing may be loaded or started from it, and
/// nothing believed that it says.
struct InPlaceProgram {
    /// Of the program: has all that it runs on.
    let folder: FilePath

    /// Throws what of it would be the image's.
    func prepare() throws {
        guard folder.components.count == 1 else {
            throw refusal(
                "the program is in \(folder), and has to be in a folder of / with all that it needs, as in its own image"
            )
        }
        if let library = try loadedElsewhere.first {
            throw refusal(
                "\(library) is loaded, which is not in \(folder): only the program's own image has all in one folder")
        }
        let mounts = try MountPoints.ofThisProcess()
        for file in ["/etc/hosts", "/etc/resolv.conf"] where !mounts.contains(file) {
            throw refusal("\(file) is no mount, as runtimes make it: it would be the image's")
        }
        let trusted = try authorities
        guard !trusted.isEmpty, trusted.allSatisfy({ $0.starts(with: folder) }) else {
            throw refusal(
                "SSL_CERT_FILE or SSL_CERT_DIR has to name authorities below \(folder): others would be the image's")
        }
        guard keepNameServices() else { throw refusal("names of hosts would be asked for as the image says") }
        // libcrypto reads its settings when it is used first, and loads what they name.
        setenv("OPENSSL_CONF", "/dev/null", 1)
        ProgramBarrier.ofProcess.watch(inPlaceFolder)
    }

    /// The files and folders of authorities, without links; a folder may be several.
    private var authorities: [FilePath] {
        get throws {
            let file = getenv("SSL_CERT_FILE").map { [String(cString: $0)] } ?? []
            let folders =
                getenv("SSL_CERT_DIR").map { String(cString: $0).split(separator: ":").map(String.init) } ?? []
            return try (file + folders).map { path in
                do {
                    return try FilePath.real(FilePath(path))
                } catch {
                    throw refusal("the authorities in \(path) cannot be read: \(error)")
                }
            }
        }
    }

    private func refusal(_ reason: String) -> CommandFailure {
        CommandFailure(.host, "--isolation inplace: \(reason)")
    }

    /// Code that is mapped, see proc_pid_maps(5).
    private var loadedElsewhere: [String] {
        get throws {
            try Self.lines("/proc/self/maps").compactMap { line in
                let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
                guard fields.count == 6, fields[1].contains("x"), fields[5].hasPrefix("/") else { return nil }
                return fields[5].hasPrefix("\(folder)/") ? nil : String(fields[5])
            }
        }
    }

    private static func lines(_ path: String) throws -> [Substring] {
        let bytes = try OpenFile.open(path, .read).readAll(limit: 16 << 20) ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }
}
