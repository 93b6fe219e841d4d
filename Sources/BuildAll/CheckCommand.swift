internal import ArgumentParser
internal import FoundationEssentials
internal import Jobs
internal import Ledger
internal import OCI
internal import Planning

/// `build-all check`: everything that can be found without building.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks the manifest and its Dockerfiles without building.",
        discussion: """
            Dockerfiles are linted by BuildKit's rules; `# check=skip=RULE` in them works. Warnings change nothing about the \
            exit code unless --strict is given. Contexts from elsewhere are fetched.
            """)

    @OptionGroup var manifest: ManifestOptions
    @OptionGroup var state: StateOptions

    @Flag(help: "Exit with 1 if there are warnings.")
    var strict = false

    @Flag(help: "Print JSON.")
    var json = false

    /// What was found in one image.
    private struct Finding: Encodable {
        let image: String
        var error: String?
        var notes: [String] = []
        var warnings: [DockerfileRemark] = []

        init(_ planned: PlannedImage) {
            image = planned.name
            notes = planned.warnings
            do throws(JobFailure) {
                warnings = try planned.remarks()
            } catch {
                self.error = error.message
            }
        }

        var isClean: Bool { error == nil && notes.isEmpty && warnings.isEmpty }
    }

    func run() async throws {
        let now = secondsNow()
        let batch = try manifest.load(run: ULID.make(at: now), now: now)
        let findings = try await manifest.plan(batch, PlanOptions(), fetchingInto: state).images.filter(\.isSelected)
            .map(Finding.init)
        if json {
            Console.standardOutput.write(String(decoding: try OCIDocument.encode(findings), as: UTF8.self) + "\n")
        } else {
            show(findings)
        }
        let hasWarnings = findings.contains { !$0.notes.isEmpty || !$0.warnings.isEmpty }
        if findings.contains(where: { $0.error != nil }) || (strict && hasWarnings) { throw ExitStatus.imageFailed }
    }

    private func show(_ findings: [Finding]) {
        for finding in findings {
            for note in finding.notes { Console.standardError.write("\(finding.image): warning: \(note)\n") }
            for warning in finding.warnings {
                Console.standardError.write(
                    "\(finding.image): warning: \(warning.rule): \(warning.message)\n\(warning.excerpt)\n")
            }
            if let error = finding.error { Console.standardError.write("\(finding.image):\n\(error)\n") }
        }
        let faulty = findings.count { $0.error != nil }
        let warnings = findings.reduce(0) { $0 + $1.notes.count + $1.warnings.count }
        Console.standardOutput.write(
            "\(findings.count) images, \(faulty) with faults, \(warnings) warning\(warnings == 1 ? "" : "s")\n")
    }
}
