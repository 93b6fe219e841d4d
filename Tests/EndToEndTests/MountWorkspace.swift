import Foundation
import TestSupport
import Testing

/// Builds images whose steps have mounts, and looks at what came of them.
final class MountWorkspace {
    let folder: FaultWorkspace

    /// Whether socket clients can be made for steps, which have no library.
    static let hasCompiler = ["/usr/bin/gcc", "/usr/bin/ssh-agent"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    init(_ name: String) throws {
        folder = try FaultWorkspace(name)
    }

    var workspace: Workspace { folder.workspace }

    /// Builds a batch of `base` and images of further lines; the file system of each goes to `out/NAME`.
    func build(
        _ images: KeyValuePairs<String, String>, options: String = "", arguments: String...
    ) throws -> RunDocument {
        try write(images, options: options)
        return try build(arguments)
    }

    func write(_ images: KeyValuePairs<String, String>, options: String = "") throws {
        let pairs = images.map {
            ($0.key, "outputs: [{rootfs: out/\($0.key)}]" + (options.isEmpty ? "" : ", \(options)"))
        }
        try folder.writeBatch(images, options: Dictionary(uniqueKeysWithValues: pairs))
    }

    func build(_ arguments: [String]) throws -> RunDocument {
        let outcome = try Program.run(
            [workspace.path("bin/build-all"), "batch.yaml", "--json", "--state", workspace.state] + arguments,
            in: workspace.folder)
        return try JSONDecoder().decode(RunDocument.self, from: Data(outcome.output.utf8))
    }

    /// A file of a built image, its lines.
    func lines(_ path: String, of image: String = "app") throws -> [String] {
        try String(contentsOfFile: workspace.path("out/\(image)/\(path)"), encoding: .utf8)
            .split(whereSeparator: \.isNewline).map(String.init)
    }

    /// Paths that an image has and `base` has not, without those of `except`.
    func added(to image: String = "app", except: Set<String> = []) throws -> Set<String> {
        func paths(_ name: String) throws -> Set<String> {
            try Set(FileManager.default.subpathsOfDirectory(atPath: workspace.path("out/\(name)")))
        }
        return try paths(image).subtracting(paths("base")).subtracting(except)
    }

    /// The batch has `base` without an output; one with it is asked for where `added` is used.
    func keepBase() throws {
        let text = try String(contentsOfFile: workspace.path("batch.yaml"), encoding: .utf8)
        try workspace.write(
            "batch.yaml",
            text.replacingOccurrences(
                of: "base: base\n", with: "base: {context: base, outputs: [{rootfs: out/base}]}\n"))
    }
}

extension RunDocument {
    func image(_ name: String) throws -> Image { try #require(images.first { $0.image == name }) }

    /// Messages of what failed.
    var errors: String { images.compactMap(\.error?.message).joined(separator: "\n") }
}
