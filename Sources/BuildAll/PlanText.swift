internal import OCI
internal import Planning
internal import Reporting

/// A plan for people and for programs.
struct PlanText {
    private let report: PlanReport

    init(_ report: PlanReport) {
        self.report = report
    }

    func json() throws -> String {
        String(decoding: try OCIDocument.encode(report), as: UTF8.self) + "\n"
    }

    /// An image a line, in waves; below it what it waits for and why.
    func lines(width: Int?) -> [String] {
        var lines: [String] = []
        var wave = -1
        for image in report.images.sorted(by: { $0.wave < $1.wave }) {
            if image.wave != wave {
                wave = image.wave
                lines.append("wave \(wave + 1)")
            }
            let note = image.isSelected ? "" : " (needed by another)"
            lines.append(
                "  \(image.name)\(note)"
                    + (image.failure.map { " cannot be built: \($0.prefix { !$0.isNewline })" } ?? ""))
            for dependency in image.dependencies {
                lines.append("    after \(dependency.name): \(dependency.reasons.joined(separator: ", "))")
            }
            for tag in image.tags { lines.append("    -> \(tag)") }
        }
        if report.images.contains(where: \.isTimed) {
            lines.append(
                "by history \(Int(report.totalSeconds.rounded()))s of work, at least \(Int(report.criticalSeconds.rounded()))s:"
            )
            lines.append("  \(report.criticalPath.joined(separator: " -> "))")
        }
        return lines.map(DisplayText.escaped)
    }
}
