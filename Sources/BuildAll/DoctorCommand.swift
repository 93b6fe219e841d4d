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
        let reports = try RungSurvey.reports(folder, of: Rung.allCases)
        for report in reports {
            let lines = RungSurvey.lines(report).joined(separator: "\n")
            Console.standardOutput.write("isolation \(lines)\n")
        }
        Console.standardOutput.write("executor: \(try ExecutorProgramFile.path())\n")
        if !reports.contains(where: { $0.isUsable && $0.rung != .inplace }) { throw ExitStatus.host }
    }
}
