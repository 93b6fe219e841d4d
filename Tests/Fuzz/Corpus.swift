import FileSystem

/// Inputs to begin with, and what is made of them.
enum Corpus {
    /// All files of a folder, in the order of their names.
    static func read(_ path: String) throws -> [[UInt8]] {
        let folder = try OpenFile.open(path, [.read, .directory])
        let names = try folder.entries().filter { $0.kind == .regular }.map(\.name).sorted()
        let inputs = try names.compactMap { try folder.open($0, .read).readAll(limit: 1 << 20) }
        return inputs.isEmpty ? [[]] : inputs
    }

    /// The input of a round: the same for the same seed and corpus, wherever and in whichever order it is asked for.
    static func input(_ round: Int, seed: UInt64, corpus: [[UInt8]], _ mutator: any Mutator) -> [UInt8] {
        var dice = Dice(seed: seed, round: round)
        return mutator.mutate(dice.pick(corpus), with: dice.pick(corpus), &dice)
    }
}
