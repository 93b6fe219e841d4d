import Foundation
import TestSupport
import Testing

/// Ways out of a step and out of a build, on every rung that works here; none may lead anywhere. That they would lead somewhere
/// without us is seen beside it.
@Suite struct EscapeTests {
    struct Trial: Sendable, CustomTestStringConvertible {
        let rung: String
        let attack: StepAttack
        var testDescription: String { "\(rung): \(attack.name)" }
    }

    private static let trials = Rungs.usable.flatMap { rung in
        StepAttack.all(for: rung).map { Trial(rung: rung, attack: $0) }
    }

    @Test(arguments: trials) func `an attack from a step leads nowhere`(trial: Trial) throws {
        let battle = try Battle.on(trial.rung)
        if trial.attack.network == "private", battle.lacksPrivateNetwork { return }
        let image = try #require(battle.images[trial.attack.name])
        #expect(image.status == "failed", "the attack succeeded")
        #expect(image.error?.class == "step", "\(image.error?.message ?? "")")
        #expect(
            image.error?.message.contains("exit code: \(Battle.refusedCode)") == true, "\(image.error?.message ?? "")")
    }

    @Test(arguments: Rungs.usable) func `after all of them the host is as it was`(rung: String) throws {
        let battle = try Battle.on(rung)
        #expect(battle.harm == [])
        #expect(battle.findings == "")
    }

    @Test(.enabled(if: getuid() == 0, "only root can make a plain chroot"), arguments: StepAttack.all)
    func `the same attack from a plain chroot succeeds`(attack: StepAttack) throws {
        let result = try PlainChroot(scene: HostScene()).run(attack)
        #expect(result.status == 0, "\(result.output)\(result.errorOutput)")
    }

    // MARK: - From a build

    struct BuildTrial: Sendable, CustomTestStringConvertible {
        let rung: String
        let attack: BuildAttack
        var testDescription: String { "\(rung): \(attack.name)" }
    }

    private static let buildTrials = Rungs.usable.flatMap { rung in
        BuildAttack.all.map { BuildTrial(rung: rung, attack: $0) }
    }

    @Test(arguments: buildTrials) func `an attack from a Dockerfile leads nowhere`(trial: BuildTrial) throws {
        let site = try BuildSite(trial.attack)
        let outcome = try site.workspace.buildAll("batch.yaml", "--json", "--isolation", trial.rung)
        let document = try JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8))
        let image = try #require(document.images.first { $0.image == "evil" })
        if let error = trial.attack.error(on: trial.rung) {
            #expect(image.error?.message.contains(error) == true, "\(image.status) \(image.error?.message ?? "")")
        } else {
            #expect(image.status == "built", "\(image.error?.message ?? "")")
        }
        #expect(try site.harm(in: site.workspace.path("out")) == [])
        #expect(!(outcome.output + outcome.errors).contains(site.scene.token))
    }

    @Test(arguments: BuildAttack.all) func `the same attack on a plain builder succeeds`(attack: BuildAttack) throws {
        let site = try BuildSite(attack)
        _ = try site.buildPlainly()
        #expect(try site.harm(in: site.workspace.path("root")) != [])
    }
}
