/// Which sources of COPY and ADD the ignore file of the context hides.
struct IgnoredSources {
    private let file: Result<IgnoreFile, IgnoreFileError>

    /// `text` is the ignore file's. One that is none is no fault until something is read from the context.
    init(_ text: String?) {
        guard let text else {
            file = .success(IgnoreFile())
            return
        }
        file = Result { () throws(IgnoreFileError) in try IgnoreFile(parsing: text) }
    }

    /// Those of an expanded instruction that reads the context, as paths from its root. Patterns are taken as they are written.
    func names(in kind: InstructionKind) throws(IgnoreFileError) -> [String] {
        let paths = Self.paths(in: kind)
        guard !paths.isEmpty else { return [] }
        let root = try file.get().root
        return paths.map(CleanPath.components).filter { names in
            names.reduce(root) { $0.entering(Array($1.utf8)) }.isExcluded
        }.map { $0.joined(separator: "/") }
    }

    private static func paths(in kind: InstructionKind) -> [String] {
        switch kind {
        case .copy(let copy): copy.sources
        case .add(let add): add.localSources
        default: []
        }
    }
}
