import Foundation
import Synchronization
import TestSupport
import Testing

/// All attacks from steps on one rung, made once: an image for each.
final class Battle: Sendable {
    /// By the attack's name.
    let images: [String: RunDocument.Image]
    let harm: [String]
    /// Private networks are the host's on this machine.
    let lacksPrivateNetwork: Bool
    /// Where the secret's text was found after it, as paths.
    let findings: String

    /// The end of the scripts of attacks that led nowhere.
    static let refusedCode = 7

    private init(rung: String) throws {
        let scene = try HostScene()
        let workspace = try Workspace("battle")
        let attacks = StepAttack.all(for: rung)
        try Self.write(attacks, scene, to: workspace)
        let outcome = try workspace.buildAll(
            "batch.yaml", "--json", "--isolation", rung, "-j", "4", environment: ["BUILD_CREDENTIAL": scene.token])
        let document = try JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8))
        let byName = Dictionary(document.images.map { ($0.image, $0) }, uniquingKeysWith: { first, _ in first })
        images = Dictionary(
            attacks.enumerated().compactMap { index, attack in byName["a\(index)"].map { (attack.name, $0) } },
            uniquingKeysWith: { first, _ in first })
        harm =
            try scene.harm() + (byName["control"]?.status == "built" ? [] : ["the control failed: \(outcome.errors)"])
        lacksPrivateNetwork = outcome.errors.contains("the host's network is used")
        // The image holds the scene as a text; nothing else may.
        findings = try Tool.run(
            "sh", "-c", "grep -rlF \(scene.token) '\(workspace.state)' | grep -v /etc/scene$ | grep -v /blobs/ || true"
        ).output
    }

    private static func write(_ attacks: [StepAttack], _ scene: HostScene, to workspace: Workspace) throws {
        try workspace.writeBusybox("base")
        try workspace.run("cp", scene.attack, workspace.path("base/attack"))
        try workspace.write("base/scene", scene.text + "STATE='\(workspace.state)'\n")
        try workspace.write(
            "base/Dockerfile",
            Workspace.busyboxDockerfile + "COPY attack /bin/\nCOPY scene /etc/\nRUN mkdir -m 1777 /tmp\nENV PATH=/bin\n"
        )
        var manifest = "version: 1\nimages:\n  base: base\n  control: {context: control}\n"
        try workspace.write("control/Dockerfile", "FROM base\nRUN attack fail || [ $? = 99 ]\n")
        for (index, attack) in attacks.enumerated() {
            try workspace.write("a\(index)/Dockerfile", "FROM base\nRUN <<'END'\n\(Self.script(attack))END\n")
            manifest += "  a\(index): {context: a\(index), network: \(attack.network)}\n"
        }
        try workspace.write("batch.yaml", manifest)
    }

    /// Ends with 0 when the attack leads somewhere, with 7 when it does not, and otherwise when it could not be made.
    static func script(_ attack: StepAttack) -> String {
        """
        . /etc/scene
        ( \(attack.script)
        )
        code=$?
        case $code in 0 | 99 | 126 | 127) exit $code ;; esac
        exit \(refusedCode)

        """
    }

    private static let battles = Mutex<[String: Result<Battle, any Error>]>([:])

    static func on(_ rung: String) throws -> Battle {
        try battles.withLock { battles in
            let result = battles[rung] ?? Result { try Battle(rung: rung) }
            battles[rung] = result
            return try result.get()
        }
    }
}
