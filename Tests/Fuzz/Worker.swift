import FileSystem
import Glibc

/// Runs some inputs of a campaign and dies of the first that is wrong: of its own signal, or of one for taking too long or
/// too much.
struct Worker {
    /// Of processor time for one input.
    static func secondLimit(_ target: TargetName) -> Int { target == .planted ? 1 : 10 }
    /// Of the whole process.
    static let memoryLimit = 100 << 20

    private let target: TargetName
    private let rounds: Range<Int>
    private let seed: UInt64
    private let corpus: [[UInt8]]
    private let progress: Progress

    /// `arguments`: seed, first round, last but one, corpus, progress file.
    init(target: TargetName, arguments: [String]) throws {
        self.target = target
        seed = UInt64(arguments[0]) ?? 0
        rounds = (Int(arguments[1]) ?? 0)..<(Int(arguments[2]) ?? 0)
        corpus = try Corpus.read(arguments[3])
        progress = try Progress(arguments[4])
    }

    func run() throws {
        // No core for each finding.
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(UInt32(RLIMIT_CORE.rawValue)), &none)
        var space = rlimit(rlim_cur: 4 << 30, rlim_max: 4 << 30)
        setrlimit(__rlimit_resource_t(UInt32(RLIMIT_AS.rawValue)), &space)
        let target = try self.target.make()
        let mutator = self.target.mutator
        for round in rounds {
            let input = Corpus.input(round, seed: seed, corpus: corpus, mutator)
            progress[.round] = round
            limitTime()
            let outcome = try target.run(input)
            progress[outcome == .accepted ? .accepted : .refused] += 1
            limitMemory()
        }
        progress[.round] = rounds.upperBound
    }

    /// SIGPROF after that much work, SIGALRM when it waits for something.
    private func limitTime() {
        var work = itimerval()
        work.it_value.tv_sec = Self.secondLimit(target)
        setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &work, nil)
        alarm(300)
    }

    private func limitMemory() {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        progress[.peakMemory] = max(progress[.peakMemory], usage.ru_maxrss << 10)
        if usage.ru_maxrss << 10 > Self.memoryLimit { exit(Campaign.memoryStatus) }
    }
}
