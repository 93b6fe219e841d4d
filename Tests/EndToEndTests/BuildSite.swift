import Foundation
import TestSupport
import Testing

/// A build that attacks a host, with the host beside it.
struct BuildSite {
    let scene: HostScene
    let workspace: Workspace
    private let attack: BuildAttack

    init(_ attack: BuildAttack) throws {
        self.attack = attack
        scene = try HostScene()
        workspace = try Workspace("escape")
        try workspace.writeBase()
        try workspace.run("mkdir", "evil")
        try Tool.run("sh", ["-ec", filled(attack.context)], directory: workspace.path("evil")).checked()
        try workspace.write("evil/Dockerfile", filled("FROM base\n\(attack.dockerfile)\n"))
        let fields = attack.fields.replacing("SECRET", with: scene.path("secret"))
        try workspace.write(
            "batch.yaml",
            """
            version: 1
            images:
              base: contexts/base
              evil: {context: evil, contexts: {base: "image:base"}, network: host, outputs: [{rootfs: out}]\(fields)}

            """)
    }

    /// What a builder does that leaves names to the shell.
    func buildPlainly() throws -> Tool.Result {
        try workspace.run("mkdir", "-p", "root/etc")
        return try Tool.run(
            "sh", ["-c", filled(attack.plain)], environment: ["ROOT": workspace.path("root")],
            directory: workspace.path("evil"))
    }

    /// What has changed on the host, and whether its secret is in the tree.
    func harm(in tree: String) throws -> [String] {
        let found = try Tool.run("grep", "-rlF", scene.token, tree).output
        return try scene.harm() + found.split(separator: "\n").map { "stole the secret: \($0)" }
    }

    private func filled(_ text: String) -> String {
        text.replacing("${SECRET%/*}", with: scene.folder.path).replacing("$SECRET", with: scene.path("secret"))
            .replacing("$WITNESS", with: scene.path("witness"))
    }
}
