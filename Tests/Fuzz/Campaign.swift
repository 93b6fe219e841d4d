import FileSystem
import Glibc
import TestSupport

/// Many inputs, run by worker processes; each one that a worker dies of is written down.
struct Campaign {
    /// Of a worker that took too much memory.
    static let memoryStatus: Int32 = 77
    /// So many inputs end a worker: what piles up from one to the next is none of their fault.
    private static let rounds = 25_000
    private static let findingLimit = 10

    let target: TargetName
    let rounds: Int
    let seed: UInt64
    let corpus: String
    /// The folder that gets the inputs that were found.
    let findings: String

    /// True if nothing was found.
    func run() throws -> Bool {
        let inputs = try Corpus.read(corpus)
        _ = try OpenFile.makeFolders(findings)
        let file = "\(findings)/.progress-\(target.rawValue)-\(getpid())"
        defer { unlink(file) }
        let progress = try Progress(file)
        var found = 0
        var next = 0
        while next < rounds, found < Self.findingLimit {
            let end = min(rounds, next + Self.rounds)
            progress[.round] = next
            let status = try work(next..<end, file)
            next = end
            if status != 0 {
                try write(progress[.round], inputs, reason(status))
                found += 1
                next = progress[.round] + 1
            }
        }
        print(
            "\(target.rawValue): \(next) inputs, \(progress[.accepted]) accepted, \(progress[.refused]) refused, "
                + "at most \(progress[.peakMemory] >> 20) MB, \(found) found")
        return found == 0
    }

    private func work(_ rounds: Range<Int>, _ progress: String) throws -> Int32 {
        let arguments = ["work", target.rawValue, "\(seed)", "\(rounds.lowerBound)", "\(rounds.upperBound)", corpus]
        let null = try OpenFile.open("/dev/null", .readWrite)
        let worker = try ChildProcess(
            ["/proc/self/exe"] + arguments + [progress], environment: ["SWIFT_BACKTRACE": "enable=no"],
            input: null.fd, output: null.fd, errorOutput: null.fd)
        return worker.wait()
    }

    private func reason(_ status: Int32) -> String {
        switch status {
        case Self.memoryStatus: "more than \(Worker.memoryLimit >> 20) MB"
        case 128 + SIGPROF: "more than \(Worker.secondLimit(target)) s of work"
        case 128 + SIGALRM: "no end"
        case 129...: "signal \(status - 128)"
        default: "exit \(status)"
        }
    }

    private func write(_ round: Int, _ inputs: [[UInt8]], _ reason: String) throws {
        let path = "\(findings)/\(target.rawValue)-\(seed)-\(round)"
        let bytes = Corpus.input(round, seed: seed, corpus: inputs, target.mutator)
        try OpenFile.open(path, [.write, .create, .truncate]).writeAll(bytes)
        print("\(target.rawValue): round \(round): \(reason): \(path)")
    }
}
