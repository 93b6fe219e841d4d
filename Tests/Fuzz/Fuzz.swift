import FileSystem
import Glibc

/// Feeds damaged input to what reads the input of others.
///
///     Fuzz run TARGET ROUNDS SEED CORPUS FINDINGS   mutated inputs from a seed, in processes of their own
///     Fuzz guided TARGET CORPUS LIBFUZZER-OPTION... the same, led by coverage; needs a build with -sanitize=fuzzer
///     Fuzz one TARGET FILE                          one input, to look at a finding
///
/// A corpus is a folder of files to begin with. Exits with 1 if something was found, with 2 if it was called wrongly.
@main enum Fuzz {
    static func main() throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count > 1, let target = TargetName(rawValue: arguments[1]) else { usage() }
        let command = arguments[0]
        arguments.removeFirst(2)
        switch command {
        case "run" where arguments.count == 4:
            guard let rounds = Int(arguments[0]), let seed = UInt64(arguments[1]) else { usage() }
            let campaign = Campaign(
                target: target, rounds: rounds, seed: seed, corpus: arguments[2], findings: arguments[3])
            exit(try campaign.run() ? 0 : 1)
        case "work" where arguments.count == 5:
            try Worker(target: target, arguments: arguments).run()
        case "guided" where !arguments.isEmpty: try Guided.run(target, arguments)
        case "one" where arguments.count == 1:
            guard let bytes = try OpenFile.open(arguments[0], .read).readAll(limit: 1 << 30) else { usage() }
            print(try target.make().run(bytes))
        default: usage()
        }
    }

    private static func usage() -> Never {
        print("usage: Fuzz run|guided|one \(TargetName.allCases.map(\.rawValue).joined(separator: "|")) ...")
        exit(2)
    }
}
