import Glibc
import Sandbox
import SystemPackage
import TestSupport

/// A scheduler with one executor and one step of many processes, which waits to be killed.
struct Victim {
    let arguments: [String]

    /// Arguments: rung, state folder, base layer, upper, work, script.
    func run() throws {
        guard arguments.count == 7, let rung = Rung(rawValue: arguments[1]) else { exit(2) }
        let executor = try ExecutorProcess.spawn(
            executable: FilePath("/proc/self/exe"), job: [], rung: rung, stateFolder: FilePath(arguments[2]),
            limits: ResourceLimits(processes: 1000))
        var request = ProbeMessage()
        for (name, value) in [
            ("command", "step"), ("lower", arguments[3]), ("upper", arguments[4]), ("work", arguments[5]),
            ("argument", "/bin/sh"), ("argument", "-c"), ("argument", arguments[6]), ("variable", "PATH=/bin"),
            ("network", "private"),
        ] {
            request.add(name, value)
        }
        try executor.socket.send(request.bytes)
        _ = try executor.wait()
    }
}
