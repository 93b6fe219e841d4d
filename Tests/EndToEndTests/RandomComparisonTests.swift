import Foundation
import Testing

/// Random Dockerfiles over random trees, built by us and by buildah: files and config are equal.
///
/// `BUILD_ALL_ROUNDS` and `BUILD_ALL_SEED` choose how many and which; `make compare ROUNDS=500` runs many. A difference shows
/// the seed of its round, and leaves `Dockerfile`, `prepare.sh` and the listings in a folder below /tmp.
@Suite(.serialized) struct RandomComparisonTests {
    /// What the rules and buildah 1.28 are known to disagree on, each with the rule that decides. The generator leaves it out
    /// unless it says otherwise; a line that may differ in any build is in `ignored`, times are made equal by
    /// `withoutEarlyTimes`.
    static let known = [
        "§6 Metadata: setuid and setgid of context files are kept; buildah drops them",
        "§6 Metadata: --chmod and --chown reach folders that COPY makes; buildah's --chmod does not",
        "§6 Destination: a link at the end of the destination is followed; buildah replaces it",
        "§6 Destination: several sources may go to a name without slash; buildah refuses",
        "§6 Destination: a tree that meets another type fails, or replaces a link; buildah mixes them",
        "§6 Sources: a pattern without a match is no error; buildah fails",
        "§6 ADD: --chown overrides the owners of an archive; buildah leaves them",
        "§11 exceptions work below excluded folders; buildah leaves those out",
        "§3 ARG's words are handled one by one; §4 ARG after ENV replaces; buildah does neither",
        "§3 the operators # % / and those without colon; buildah lacks them",
        "§9 EXPOSE expands ranges and lowers the protocol; buildah stores them as written",
        "§9 VOLUME changes only the config; buildah makes the folder",
        "§9 shell forms get the SHELL of their line; buildah takes /bin/sh",
        "§12 times before 1970 are kept; buildah writes 1970 into all layers but the last",
        "§12 a member that a later step changes leaves its group of hard links; buildah has one layer for all steps",
    ]

    private let environment = ProcessInfo.processInfo.environment
    private static let batchSize = 25

    @Test(.enabled(if: getuid() == 0, "owners are compared"))
    func `random builds equal buildah's`() throws {
        let rounds = environment["BUILD_ALL_ROUNDS"].flatMap { Int($0) } ?? 8
        let seed = environment["BUILD_ALL_SEED"].flatMap { UInt64($0) } ?? 1
        print("\(rounds) rounds from seed \(seed)")
        let seeds = (0..<rounds).map { seed &+ UInt64($0) }
        for start in stride(from: 0, to: rounds, by: Self.batchSize) {
            try compare(Array(seeds[start..<min(rounds, start + Self.batchSize)]))
        }
    }

    /// Builds all by one batch of ours, then one by one by buildah.
    private func compare(_ seeds: [UInt64]) throws {
        let workspace = try Workspace("random")
        try workspace.writeBase()
        for seed in seeds { try write(RandomBuild(seed: seed), of: seed, in: workspace) }
        try workspace.write(
            "batch.yaml",
            "version: 1\nimages:\n"
                + (["base"] + seeds.map(Self.name)).map {
                    "  \($0):\n    context: contexts/\($0)\n    outputs: [{oci: oci/\($0)}]\n"
                }.joined())
        let outcome = try workspace.buildAll("batch.yaml", "--json", "--progress", "none")
        let document = try JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8))
        let errors = Dictionary(uniqueKeysWithValues: document.images.map { ($0.image, $0.error?.message) })
        let buildah = BuildahReference(in: workspace)
        do {
            let base = try buildah.build("base", options: [])
            for seed in seeds {
                let ours =
                    try errors[Self.name(seed)].flatMap { $0 }.map { ["fails: \($0)"] }
                    ?? oursListed(seed, in: workspace)
                try check(
                    seed, ours: ours, theirs: theirsListed(seed, base: base, by: buildah, in: workspace), in: workspace)
            }
        } catch {
            try buildah.end()
            throw error
        }
        try buildah.end()
    }

    private static func name(_ seed: UInt64) -> String { "round-\(seed)" }

    private func write(_ build: RandomBuild, of seed: UInt64, in workspace: Workspace) throws {
        let context = "contexts/\(Self.name(seed))"
        try workspace.write("\(context)/Dockerfile", build.dockerfile)
        try workspace.write("prepare/\(Self.name(seed))", build.prepare)
        try workspace.run("sh", "-euc", "cd \(context); . ../../prepare/\(Self.name(seed))")
    }

    private func oursListed(_ seed: UInt64, in workspace: Workspace) throws -> [String] {
        let image = workspace.path("oci/\(Self.name(seed))")
        return try ImageListing.result(
            of: image, base: workspace.path("oci/base"), withHistory: false, in: workspace
        ).map(Self.withoutEarlyTimes)
    }

    /// A time before 1970 as 1970, of which the listing of a folder does not speak.
    private static func withoutEarlyTimes(_ line: String) -> String {
        line.replacing(#/( d[-a-zA-Z]{9} .*) @-[0-9]+/#) { $0.1 }.replacing(#/ @-[0-9]+/#, with: " @0")
    }

    private func theirsListed(
        _ seed: UInt64, base: String, by buildah: BuildahReference, in workspace: Workspace
    ) throws -> [String] {
        let image: String
        do { image = try buildah.build(Self.name(seed), options: []) } catch { return ["fails: \(error)"] }
        let lines = try ImageListing.result(of: image, base: base, withHistory: false, in: workspace)
            .map(Self.withoutEarlyTimes)
        try FileManager.default.removeItem(atPath: image)
        return lines
    }

    private func check(_ seed: UInt64, ours: [String], theirs: [String], in workspace: Workspace) throws {
        let ignored = try Set(
            String(
                contentsOf: RuleFixture.root.appending(path: "buildah-everywhere.txt"), encoding: .utf8
            ).split(separator: "\n").map(String.init))
        var differences = ReferenceTests.differences(ours: ours, theirs: theirs).filter { !ignored.contains($0) }
        if differences == ["- builds it"] { differences += ours }
        guard !differences.isEmpty else { return }
        let kept = "/tmp/build-all-difference-\(seed)"
        try workspace.run(
            "sh", "-euc",
            """
            rm -rf \(kept); cp -a contexts/\(Self.name(seed)) \(kept); cp prepare/\(Self.name(seed)) \(kept)/prepare.sh
            """)
        try differences.joined(separator: "\n").write(
            toFile: "\(kept)/differences.txt", atomically: true, encoding: .utf8)
        Issue.record("seed \(seed), see \(kept):\n\(differences.prefix(20).joined(separator: "\n"))")
    }
}
