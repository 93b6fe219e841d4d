internal import FileSystem
internal import FoundationEssentials
internal import HTTP
public import SystemPackage

/// The folders in which docker and podman look for the certificates of a registry: in `HOST[:PORT]/`, all `*.crt` are
/// authorities to trust, and a `*.cert` with its `*.key` is what the client shows.
///
/// https://docs.docker.com/engine/security/certificates/
public struct CertificateFolders: Sendable {
    private let folders: [FilePath]

    /// The first folder that has one for a host counts.
    public init(_ folders: [FilePath]) { self.folders = folders }

    /// `~/.config/containers/certs.d`, `/etc/containers/certs.d`, `/etc/docker/certs.d`.
    public init(home: FilePath?) {
        let system: [FilePath] = ["/etc/containers/certs.d", "/etc/docker/certs.d"]
        folders = (home.map { [$0.appending(".config/containers/certs.d")] } ?? []) + system
    }

    /// What is there for a host under any of its names; nil when there is nothing.
    func settings(for names: [String]) -> TLSSettings? {
        for folder in folders {
            for name in names {
                let place = folder.appending(name)
                if let settings = Self.settings(in: place, Self.names(in: place)) { return settings }
            }
        }
        return nil
    }

    /// All that it reads, as far as it is there now: what is in a folder may be a link to elsewhere.
    var hostFiles: [String] {
        let hosts = folders.flatMap { folder in Self.names(in: folder).map { folder.appending($0) } }
        return (folders + hosts + hosts.flatMap { host in Self.names(in: host).map { host.appending($0) } }).map(
            \.string)
    }

    /// Sorted; none in what is no folder.
    private static func names(in folder: FilePath) -> [String] {
        let place = HostFiles.ofProcess.place(folder.string)
        return (try? FileManager.default.contentsOfDirectory(atPath: place))?.sorted() ?? []
    }

    private static func settings(in folder: FilePath, _ files: [String]) -> TLSSettings? {
        let authorities = files.filter { $0.hasSuffix(".crt") }.map { folder.appending($0) }
        let cert = files.first { $0.hasSuffix(".cert") && files.contains($0.dropLast(4) + "key") }
        guard !authorities.isEmpty || cert != nil else { return nil }
        return TLSSettings(
            authorities: authorities, cert: cert.map { folder.appending($0) },
            key: cert.map { folder.appending(String($0.dropLast(4) + "key")) })
    }
}
