import Glibc
import TestSupport
import Testing

/// A short campaign of each kind, and that one finds what is wrong. `make fuzz` runs the long ones.
@Suite struct FuzzTests {
    /// It writes the inputs to begin with.
    private static let script = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined() + "/.ci/fuzz"

    /// The program, which lies beside the test runner.
    private static let program: String = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let own = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return own.prefix(upTo: own.lastIndex(of: "/") ?? own.endIndex) + "/Fuzz"
    }()

    private static func corpus(_ name: String, in folder: TestFolder) throws -> String {
        try Tool.run(script, "--corpus", name, folder.path("corpus")).checked()
        return folder.path("corpus")
    }

    @Test(arguments: [("dockerfile", 2000), ("words", 2000), ("tar", 5000), ("archive", 300), ("layer", 300)])
    func `damaged input neither crashes nor holds what reads it`(target: String, rounds: Int) throws {
        let folder = try TestFolder()
        let corpus = try Self.corpus(target, in: folder)
        let seed = "\(UInt64.random(in: 0...UInt64.max))"
        let run = try Tool.run(Self.program, "run", target, "\(rounds)", seed, corpus, folder.path("found"))
        #expect(run.status == 0, "seed \(seed): \(run.output)")
        let words = run.output.split(separator: " ")
        let (accepted, refused) = (Int(words[3]) ?? 0, Int(words[5]) ?? 0)
        #expect(accepted > rounds / 20 && refused > rounds / 20, "\(run.output)")
    }

    @Test(arguments: [("~", "signal"), ("`", "more than 1 s of work"), ("^", "more than 100 MB")])
    func `a crash, a hang and a waste of memory are found`(cause: String, reason: String) throws {
        let folder = try TestFolder()
        Shell("mkdir '\(folder.path("corpus"))' && printf '\(cause)' >'\(folder.path("corpus/a"))'")
        // Most rounds leave the only byte as it is.
        let run = try Tool.run(
            Self.program, "run", "planted", "1", "1", folder.path("corpus"), folder.path("found"))
        #expect(run.status == 1)
        #expect(run.output.contains(reason), "\(run.output)")
        #expect(Shell("cat '\(folder.path("found"))'/planted-1-0").output.contains(cause))
    }
}
