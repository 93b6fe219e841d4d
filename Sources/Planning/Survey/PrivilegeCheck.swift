internal import FileSystem
internal import Manifest
internal import SystemPackage

/// Whether the secrets and agents that an image names are there. No secret is read.
enum PrivilegeCheck {
    /// As BuildKit's.
    private static let largestSecret = 500 << 10

    static func diagnostics(for spec: ImageSpec) -> [ManifestDiagnostic] {
        spec.secrets.compactMap(fault) + spec.agents.flatMap(faults)
    }

    private static func fault(_ secret: SecretSpec) -> ManifestDiagnostic? {
        let what = "secret \"\(secret.id)\""
        switch secret.source {
        case .environment(let name, let isSet):
            if isSet { return nil }
            let message = "\(what): the environment variable \(name) is not set"
            return ManifestDiagnostic(mark: secret.mark, message: message)
        case .file(let path):
            let reason = reason(path) { status in
                if status.kind == .directory { return "is a folder" }
                // Each step reads it anew, and none waits for who writes.
                if status.kind == .fifo { return "is a pipe" }
                return status.size > largestSecret ? "is larger than \(largestSecret >> 10) KiB" : nil
            }
            return reason.map { ManifestDiagnostic(mark: secret.mark, message: "\(what): \(path) \($0)") }
        }
    }

    private static func faults(_ agent: AgentSpec) -> [ManifestDiagnostic] {
        let what = "ssh agent \"\(agent.id)\""
        switch agent.source {
        case .environment(nil):
            return [ManifestDiagnostic(mark: agent.mark, message: "\(what): SSH_AUTH_SOCK is not set")]
        case .environment(let path?):
            return fault(socket: path).map {
                ManifestDiagnostic(mark: agent.mark, message: "\(what): SSH_AUTH_SOCK: \(path) \($0)")
            }.map { [$0] } ?? []
        case .socket(let path):
            return fault(socket: path).map { ManifestDiagnostic(mark: agent.mark, message: "\(what): \(path) \($0)") }
                .map { [$0] } ?? []
        case .keys(let files):
            return files.compactMap { file in
                let reason = reason(file) { $0.kind == .regular ? nil : "is no file" }
                return reason.map { ManifestDiagnostic(mark: agent.mark, message: "\(what): \(file) \($0)") }
            }
        }
    }

    private static func fault(socket path: FilePath) -> String? {
        reason(path) { $0.kind == .socket ? nil : "is no socket" }
    }

    private static func reason(_ path: FilePath, _ judge: (FileStatus) -> String?) -> String? {
        do {
            return judge(try OpenFile.open(path.string, [.pathOnly]).status())
        } catch {
            return error.isNotFound ? "does not exist" : "cannot be opened (\(error))"
        }
    }
}
