/// What became of an input. Both are right; a crash is not.
enum Outcome { case accepted, refused }

/// Something that reads input of others.
protocol Target: AnyObject {
    func run(_ bytes: [UInt8]) throws -> Outcome
}

enum TargetName: String, CaseIterable {
    /// A Dockerfile, read and resolved as far as a build goes without running anything.
    case dockerfile
    /// `.dockerignore`, and words of Dockerfiles alone.
    case words
    /// A tar stream, read and forgotten.
    case tar
    /// An archive, packed or not, unpacked as ADD does.
    case archive
    /// A layer, unpacked onto others.
    case layer
    /// Fails on purpose, to see that it is noticed: see `Planted`.
    case planted

    func make() throws -> any Target {
        switch self {
        case .dockerfile: DockerfileTarget()
        case .words: WordsTarget()
        case .tar: TarTarget()
        case .archive: try ArchiveTarget()
        case .layer: try LayerTarget()
        case .planted: Planted()
        }
    }

    /// What damages its input so that some of it is still understood.
    var mutator: any Mutator {
        switch self {
        case .dockerfile, .words: TextMutator()
        case .tar, .archive, .layer: TarMutator()
        case .planted: TextMutator()
        }
    }
}

/// A target that is wrong in three ways.
final class Planted: Target {
    private var kept: [[UInt8]] = []

    func run(_ bytes: [UInt8]) -> Outcome {
        if bytes.contains(0x7e) { preconditionFailure("the planted crash") }
        if bytes.contains(0x60) { while kept.count < .max {} }
        if bytes.contains(0x5e) { kept.append([UInt8](repeating: 1, count: 200 << 20)) }
        return bytes.isEmpty ? .refused : .accepted
    }
}
