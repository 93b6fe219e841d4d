/// A parsed Dockerfile.
public struct Dockerfile: Hashable, Sendable {
    /// As messages show it.
    public let name: String
    /// The whole text; what is no UTF-8 in it has become U+FFFD.
    public let text: String
    public let directives: Directives
    /// ARG instructions before the first FROM.
    public let globalArguments: [Instruction]
    /// Never empty.
    public let stages: [Stage]
    /// What the linter says of the text alone; see also `StageGraph.lint`.
    public let warnings: [DockerfileWarning]

    /// Throws all syntax errors of the file at once, each with its lines.
    public init(parsing bytes: [UInt8], name: String = "Dockerfile") throws(DockerfileErrors) {
        var parser = DockerfileParser(bytes)
        parser.run()
        self.name = name
        text = String(decoding: bytes, as: UTF8.self)
        guard parser.errors.isEmpty else { throw DockerfileErrors(name: name, text: text, parser.errors) }
        directives = parser.directives
        globalArguments = parser.globalArguments
        stages = parser.stages
        var linter = TextLinter(parser.warnings)
        linter.check(globalArguments: globalArguments, stages: stages)
        warnings = linter.warnings
    }

    public init(parsing text: String, name: String = "Dockerfile") throws(DockerfileErrors) {
        try self.init(parsing: Array(text.utf8), name: name)
    }

    public var escape: EscapeToken { directives.escape }

    /// For the words of this file.
    public var expander: WordExpander { WordExpander(escape: directives.escape) }

    /// Errors found later, made ready to be shown with this file's lines.
    public func errors(_ errors: [DockerfileError]) -> DockerfileErrors {
        DockerfileErrors(name: name, text: text, errors)
    }

    /// The lines of an instruction with some around them; nil if there are no such lines.
    public func excerpt(_ lines: ClosedRange<Int>) -> SourceExcerpt? {
        SourceExcerpt(name: name, text: text, lines: lines)
    }

    /// The file's `check` directive, overridden by the build argument `BUILDKIT_DOCKERFILE_CHECK`.
    public func checkOptions(buildArguments: [String: String]) throws(DockerfileErrors) -> CheckOptions {
        guard let text = buildArguments["BUILDKIT_DOCKERFILE_CHECK"] ?? directives.check else { return CheckOptions() }
        do throws(DockerfileFault) {
            return try CheckOptions(parsing: text)
        } catch {
            throw errors([DockerfileError(error)])
        }
    }
}
