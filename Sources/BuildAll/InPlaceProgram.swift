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
                "SSL_CERT_FILE or SSL_CERT_DIR has to name authorities below \(folder), through no link outside: others would be the image's"
            )
        }
        guard keepNameServices() else { throw refusal("names of hosts would be asked for as the image says") }
        // libcrypto reads its settings when it is used first, and loads what they name.
        setenv("OPENSSL_CONF", "/dev/null", 1)
        ProgramBarrier.ofProcess.watch(inPlaceFolder)
    }

    /// Files and folders of authorities, as they are named and where that leads: those of the variables, one of which may
    /// name several folders, and what is in these.
    private var authorities: [FilePath] {
        get throws {
            let file = [Environment.all["SSL_CERT_FILE"] ?? ""].filter { !$0.isEmpty }
            let folders = (Environment.all["SSL_CERT_DIR"] ?? "").split(separator: ":").map(String.init)
            return try (file + folders).map { FilePath($0) }.flatMap { path in
                do {
                    return try Self.places(of: path.lexicallyNormalized())
                } catch {
                    throw refusal("the authorities in \(path) cannot be read: \(error)")
                }
            }
        }
    }

    private static func places(of path: FilePath) throws -> [FilePath] {
        let file = try OpenFile.open(path.string, [.pathOnly])
        let isFolder = try file.status().kind == .directory
        let names = isFolder ? try file.open(".", [.read, .directory]).entries().map(\.name) : []
        return try [path, FilePath.real(path)] + names.map { try FilePath.real(path.appending("\($0)")) }
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
