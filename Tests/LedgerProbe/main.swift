import Glibc
import Jobs
import Ledger
import OCI
import SystemPackage

// Writes builds into the ledger that the argument names, without end, and says which it has written: a process that
// tests kill, or whose disk fills up. With `read` as second argument it says which are there.
do {
    if CommandLine.arguments.count > 2 {
        let builds = try LedgerReader(FilePath(CommandLine.arguments[1])).builds(HistoryFilter())
        for build in builds { print(build.build) }
        exit(0)
    }
    let writer = try LedgerWriter(FilePath(CommandLine.arguments[1]))
    let run = ULID.make(at: 1)
    let record = RunRecord(
        id: run, at: 1, trigger: "test", manifest: "m", manifestDigest: nil, git: nil, isDirty: nil, host: "h",
        engine: "local", version: "1", arguments: [])
    try await writer.record(.runBegan(record))
    for number in 1... {
        let build = ULID.make(at: 1)
        let start = BuildStart(id: build, run: run, image: "i", platform: .host, attempt: 1, at: 1, log: "l")
        let step = StepEnded(step: 1, stage: "0", instruction: "RUN \(number)", cached: false, milliseconds: 1)
        try await writer.record(.buildBegan(start), .step(step, build: build))
        var outcome = ImageOutcome(image: "i", platform: .host, status: .built)
        outcome.build = build
        outcome.ended = 2
        try await writer.record(.buildEnded(outcome, run: run, environment: BuildEnvironment()))
        print(build)
        fflush(nil)
    }
} catch {
    print("error: \(error)")
    exit(1)
}
