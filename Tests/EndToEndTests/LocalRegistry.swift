import Foundation
import TestSupport
import Testing

/// Debian's docker-registry on a free port of 127.0.0.1, ended with the object.
final class LocalRegistry {
    let host: String
    private let process: ChildProcess

    init(in workspace: Workspace, deletes: Bool = true) throws {
        host = "127.0.0.1:\(try Self.freePort())"
        try workspace.write(
            "registry.yml",
            """
            version: 0.1
            log: {level: error}
            storage: {filesystem: {rootdirectory: \(workspace.path("registry"))}, delete: {enabled: \(deletes)}}
            http: {addr: "\(host)"}

            """)
        process = try Program.start(
            ["docker-registry", "serve", workspace.path("registry.yml")], in: workspace.folder)
        try waitUntilItAnswers(workspace)
    }

    deinit {
        process.terminate()
        process.wait()
    }

    private func waitUntilItAnswers(_ workspace: Workspace) throws {
        for _ in 0..<200 {
            let answer = try Program.run(["curl", "-sf", "http://\(host)/v2/"], in: workspace.folder)
            if answer.exitCode == 0 { return }
            usleep(25_000)
        }
        try #require(Bool(false), "docker-registry does not answer on \(host)")
    }

    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 ? getsockname(descriptor, generic, &length) : -1
            }
        }
        try #require(result == 0)
        return UInt16(bigEndian: address.sin_port)
    }

    /// Digest of a tag's manifest, as the registry says it; nil if there is no such tag.
    func digest(of repository: String, tag: String, in workspace: Workspace) throws -> String? {
        let accept = "Accept: application/vnd.oci.image.manifest.v1+json"
        let answer = try Program.run(
            ["curl", "-sfI", "-H", accept, "http://\(host)/v2/\(repository)/manifests/\(tag)"], in: workspace.folder)
        guard answer.exitCode == 0 else { return nil }
        let line = answer.output.split(whereSeparator: \.isNewline).first {
            $0.lowercased().hasPrefix("docker-content-digest:")
        }
        return line.map { $0.dropFirst("docker-content-digest:".count).trimmingCharacters(in: .whitespaces) }
    }
}
