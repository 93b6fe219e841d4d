import Foundation
import Testing

/// Debian's podman, with storage of its own inside the workspace.
enum Podman {
    /// The files of an image that podman pulls, as it has unpacked them.
    static func pulled(_ reference: String, in workspace: Workspace) throws -> [String] {
        let podman = ["podman", "--root", workspace.path("podman/root"), "--runroot", workspace.path("podman/run")]
        _ = try run(podman + ["pull", "-q", "--tls-verify=false", reference], in: workspace)
        defer {
            do { _ = try run(podman + ["rmi", "--all", "--force"], in: workspace) } catch { Issue.record(error) }
        }
        let folder = try run(podman + ["image", "mount", reference], in: workspace).lines[0]
        let listing = try TreeListing.of(folder, in: workspace)
        _ = try run(podman + ["image", "unmount", reference], in: workspace)
        return listing
    }

    private static func run(_ arguments: [String], in workspace: Workspace) throws -> Outcome {
        // Mounting is root's; others are it in podman's own user namespace.
        let arguments = getuid() == 0 ? arguments : ["podman", "unshare"] + arguments
        let outcome = try Program.run(arguments, in: workspace.folder)
        try #require(outcome.exitCode == 0, "\(arguments.joined(separator: " ")): \(outcome.errors)")
        return outcome
    }
}
