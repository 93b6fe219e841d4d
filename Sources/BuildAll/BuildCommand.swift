internal import ArgumentParser
internal import Glibc

/// `build-all manifest.yaml`: builds.
struct BuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Builds the images of a manifest. The default command.")

    @OptionGroup var manifest: ManifestOptions
    @OptionGroup var state: StateOptions
    @OptionGroup var display: DisplayOptions
    @OptionGroup var network: NetworkOptions

    @Option(
        name: [.customShort("j", allowingJoined: true), .customLong("jobs")],
        help: "Images built at once: a number, or auto for one a processor.")
    var jobs = "auto"

    @Flag(inversion: .prefixedNo, exclusivity: .chooseLast, help: "Go on with other images when one fails.")
    var keepGoing = true

    @Flag(help: "Cancel everything when an image fails.")
    var failFast = false

    @Flag(help: "Run every step, whatever the cache has.")
    var noCache = false

    @Flag(help: "Push nothing to registries.")
    var noPush = false

    @Flag(help: "Wait for another run in the same state folder instead of failing with exit code 6.")
    var wait = false

    @Option(help: "Use this way of isolation and no other, such as shifted, subid or jail.")
    var isolation: String?

    @Flag(help: "With --isolation inplace: the files of the container around may be replaced.")
    var force = false

    func validate() throws {
        guard jobs == "auto" || (Int(jobs) ?? 0) > 0 else {
            throw ValidationError("-j \(jobs): a number above 0, or auto, is needed")
        }
    }

    var slots: Int { Int(jobs) ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    func run() async throws {
        let status = try await RunSession(self).run()
        if status != .success { throw status }
    }
}
