import Foundation
import Testing

/// A foreign builder, asked for the same Dockerfile.
protocol ReferenceBuilder {
    /// The name of its file of differences.
    static var name: String { get }
    /// Whether its history is one that ours is compared with.
    static var hasHistory: Bool { get }

    init(in workspace: Workspace) throws
    /// Builds the context `contexts/NAME` and gives the path of the image, for `ImageListing`; throws what the builder says.
    func build(_ name: String, options: [(name: String, value: String)]) throws -> String
    func end() throws
}

/// What a builder said when it did not build.
struct BuildFailure: Error, CustomStringConvertible {
    let description: String

    /// The last line that says something.
    init(_ outcome: Outcome) {
        let lines = outcome.errors.split(separator: "\n").map(String.init)
        description = lines.last { !$0.hasPrefix("---") && !$0.hasPrefix("ERRO[") } ?? "exit \(outcome.exitCode)"
    }
}

extension ReferenceBuilder {
    fileprivate static func checked(_ outcome: Outcome) throws {
        if outcome.exitCode != 0 { throw BuildFailure(outcome) }
    }

    /// The options as they stand on a command line; paths are the context's.
    fileprivate static func arguments(
        _ options: [(name: String, value: String)], context: String, without: Set<String> = []
    ) -> [String] {
        options.filter { !without.contains($0.name) }.flatMap { option in
            switch option.name {
            case "file": ["--file", "\(context)/\(option.value)"]
            case "secret": ["--secret", option.value.replacing("src=", with: "src=\(context)/")]
            case "build-context" where !option.value.contains(":"):
                ["--build-context", option.value.replacing("=", with: "=\(context)/")]
            default: ["--\(option.name)", option.value]
            }
        }
    }
}

/// BuildKit as it is in Debian's dockerd 20.10.
struct DockerBuildKit: ReferenceBuilder {
    static let name = "buildkit"
    static let hasHistory = true

    private static let program = BuildahComparisonTests.fixtures
        .appending(path: "../../../.ci/reference-docker").standardized.path

    private let workspace: Workspace

    init(in workspace: Workspace) throws {
        self.workspace = workspace
        try workspace.run(Self.program, "start", workspace.path("docker"))
    }

    func build(_ name: String, options: [(name: String, value: String)]) throws -> String {
        let context = "contexts/\(name)"
        let arguments = Self.arguments(options, context: context)
        let network = options.contains { $0.name == "network" } ? [] : ["--network", "none"]
        let outcome = try docker(["build", "--progress", "plain", "-t", name] + network + arguments + [context])
        if outcome.exitCode != 0 { try startAgainIfEnded() }
        try Self.checked(outcome)
        let archive = workspace.path("docker-\(name).tar")
        try Self.checked(docker(["save", "-o", archive, name]))
        return archive
    }

    func end() throws { try workspace.run(Self.program, "stop", workspace.path("docker")) }

    /// A Dockerfile with nothing but ARG ends dockerd 20.10: index out of range in BuildKit's `lastTarget`.
    private func startAgainIfEnded() throws {
        if try docker(["version"]).exitCode == 0 { return }
        try end()
        try workspace.run(Self.program, "start", workspace.path("docker"))
        _ = try build("base", options: [])
    }

    private func docker(_ arguments: [String]) throws -> Outcome {
        try Program.run([Self.program, "run", workspace.path("docker")] + arguments, in: workspace.folder)
    }
}

/// Debian's buildah, all steps in one layer.
struct BuildahReference: ReferenceBuilder {
    static let name = "buildah"
    static let hasHistory = false

    private let workspace: Workspace

    init(in workspace: Workspace) { self.workspace = workspace }

    func build(_ name: String, options: [(name: String, value: String)]) throws -> String {
        let context = "contexts/\(name)"
        let ignoreFile = "\(context)/Dockerfile.dockerignore"
        let hasOwn = FileManager.default.fileExists(atPath: workspace.path(ignoreFile))
        let arguments = Self.arguments(options, context: context) + (hasOwn ? ["--ignorefile", ignoreFile] : [])
        try Self.checked(
            Buildah.attempt(
                ["bud", "-q", "--pull=never", "--layers=false", "--format", "docker", "-t", "localhost/\(name)"]
                    + arguments + [context], in: workspace))
        let image = workspace.path("buildah-\(name)")
        try Self.checked(Buildah.attempt(["push", "-q", "-D", "localhost/\(name)", "dir:\(image)"], in: workspace))
        return image
    }

    func end() throws { Buildah.removeAll(in: workspace) }
}
