import DockerfileFrontend
import FileSystem
import Glibc
import TestSupport

@testable import Execution

/// What a copy reads, over what it writes, and how.
struct CopyCase: Sendable, CustomStringConvertible {
    var name: String
    /// Shell lines that fill the source's root, and the layers below.
    var source = ""
    var below = ""
    var sources: [String]
    var to = "/to/"
    var excludes: [String] = []
    var keepsParents = false
    var ignore: String?
    /// A stage, not a context.
    var keepsMetadata = false
    var owner: (uid: UInt32, gid: UInt32)?
    var mode: String?
    /// What the layer holds: kind, mode, owner, path and target of a link; without those whose metadata is the usual.
    var expected: String

    var description: String { name }
}

/// Folders for one copy: `source`, `below` and `upper`.
struct CopyBench {
    let folder: TestFolder

    init() throws {
        folder = try TestFolder()
        Shell("cd '\(folder.path)'; mkdir source below upper; chmod 755 source below upper")
    }

    func prepare(_ place: String, _ lines: String) {
        let shell = Shell("umask 022; cd '\(folder.path)/\(place)'; set -e\n\(lines)")
        precondition(shell.status == 0, shell.output)
    }

    func open(_ name: String) throws -> OpenFile { try OpenFile.open(folder.path(name), [.read, .directory]) }

    func tree(ignore: String? = nil, keepsMetadata: Bool = false) throws -> SourceTree {
        let filter = try ignore.map { PathFilter.ignoring(try IgnoreFile(parsing: $0)) } ?? .none
        return SourceTree(root: try open("source"), filter: filter, keepsMetadata: keepsMetadata)
    }

    func sources(_ test: CopyCase) throws -> [CopySource] {
        let tree = try tree(ignore: test.ignore, keepsMetadata: test.keepsMetadata)
        let excludes = try PathFilter(excluding: test.excludes)
        return test.keepsParents
            ? try ParentsFinder(tree: tree, excludes: excludes).sources(test.sources)
            : try SourceFinder(tree: tree, excludes: excludes).sources(test.sources)
    }

    /// Prepares, copies, and lists the layer.
    func run(_ test: CopyCase) throws -> String {
        prepare("source", test.source)
        prepare("below", test.below)
        try copy(
            sources(test), to: test.to,
            CopyAttributes(
                owner: test.owner.map { Owner(uid: $0.uid, gid: $0.gid) },
                mode: try test.mode.map { try FileMode(parsing: $0) }))
        return layer()
    }

    func copy(
        _ sources: [CopySource], to destination: String, _ attributes: CopyAttributes = CopyAttributes()
    ) throws {
        let target = try CopyTarget(upper: open("upper"), below: open("below"), attributes: attributes)
        try CopyOperation(sources: sources, destination: destination).run(in: target)
        try target.finish()
    }

    /// `d 755 0:0` and `f 644 0:0` are left out: they are the usual.
    func layer() -> String {
        let find = "find . -mindepth 1 -printf '%y %m %U:%G %P %l\\n' | LC_ALL=C sort -k4"
        return Shell("cd '\(folder.path)/upper'; \(find)").output.split(separator: "\n").map { line in
            let fields = line.split(separator: " ")
            let isUsual = ["d 755 0:0", "f 644 0:0", "l 777 0:0"].contains { line.hasPrefix($0) }
            let shown =
                isUsual ? [fields[0], fields[3]] : fields[0] == "l" ? [fields[0]] + fields[2...3] : fields[0...3]
            return (shown + fields.dropFirst(4).flatMap { ["->", $0] }).joined(separator: " ")
        }.joined(separator: "\n")
    }
}
