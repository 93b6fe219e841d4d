internal import ArgumentParser
internal import Sandbox
internal import Storage
internal import SystemPackage

/// `build-all doctor`: what this machine allows.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Shows which ways of isolation work here, and what the others lack.")

    @OptionGroup var state: StateOptions

    func run() throws {
        let folder = try state.prepared()
        Console.standardOutput.write("state folder: \(folder.root)\n")
        let reports = try RungSurvey.reports(folder)
        for report in reports {
            if let refusal = report.refusal {
                Console.standardOutput.write("isolation \(report.rung.rawValue): no: \(refusal)\n")
                if let remedy = report.remedy { Console.standardOutput.write("  \(remedy)\n") }
            } else {
                Console.standardOutput.write("isolation \(report.rung.rawValue): works\n")
            }
        }
        Console.standardOutput.write("executor: \(try ExecutorProgramFile.path())\n")
        if !reports.contains(where: \.isUsable) { throw ExitStatus.host }
    }
}
