import Foundation
import Testing

/// Warnings about Dockerfiles: `build-all check`, and builds.
@Suite struct LintTests {
    private func workspace(_ dockerfile: String) throws -> Workspace {
        let workspace = try Workspace("lint")
        try workspace.writeBusybox("base")
        try workspace.write("base/Dockerfile", Workspace.busyboxDockerfile)
        try workspace.write("app/Dockerfile", dockerfile)
        try workspace.write("batch.yaml", "version: 1\nimages:\n  base: base\n  app: app\n")
        return workspace
    }

    @Test func `check lints all Dockerfiles of the manifest and builds nothing`() throws {
        let workspace = try workspace("FROM base\nLABEL key value\nCMD run\n")
        let outcome = try workspace.run(Program.buildAll, "check", "batch.yaml")
        #expect(outcome.output == "2 images, 0 with faults, 2 warnings\n")
        #expect(
            outcome.errors.contains(
                """
                app: warning: LegacyKeyValueFormat: "LABEL key=value" should be used instead of legacy "LABEL key value" format
                app/Dockerfile:2
                --------------------
                   1 |     FROM base
                   2 | >>> LABEL key value
                """), "\(outcome.errors)")
        #expect(outcome.errors.contains("app: warning: JSONArgsRecommended: "))
        #expect(!FileManager.default.fileExists(atPath: workspace.state))
        let strict = try Program.run([Program.buildAll, "check", "--strict", "batch.yaml"], in: workspace.folder)
        #expect(strict.exitCode == 1)
        let json = try workspace.run(Program.buildAll, "check", "--json", "batch.yaml").output
        #expect(json.contains(#""rule":"LegacyKeyValueFormat""#), "\(json)")
    }

    @Test func `a check directive skips rules, and makes errors of the rest before anything runs`() throws {
        let workspace = try workspace(
            "# check=skip=JSONArgsRecommended;error=true\nFROM base\nRUN touch /ran\nLABEL key value\nCMD run\n")
        let outcome = try workspace.buildAll("batch.yaml", "--progress", "plain")
        #expect(outcome.exitCode == 1)
        #expect(
            outcome.errors.contains("lint violation found for rules: LegacyKeyValueFormat\n"), "\(outcome.errors)")
        #expect(!outcome.errors.contains("RUN touch"))
        let check = try Program.run([Program.buildAll, "check", "batch.yaml"], in: workspace.folder)
        #expect(check.exitCode == 1)
        #expect(check.errors.contains("lint violation found for rules: LegacyKeyValueFormat\n"), "\(check.errors)")
    }

    @Test func `a build knows what the base image sets`() throws {
        let workspace = try workspace("FROM base\nENV A=$PATH B=$PATHH\n")
        let outcome = try workspace.buildAll("batch.yaml", "--progress", "plain")
        #expect(outcome.exitCode == 0)
        #expect(
            outcome.errors.contains("UndefinedVar: Usage of undefined variable '$PATHH' (did you mean $PATH?)"),
            "\(outcome.errors)")
        #expect(outcome.errors.components(separatedBy: "UndefinedVar").count == 2)
    }
}
