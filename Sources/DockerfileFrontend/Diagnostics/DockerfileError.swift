/// A fault of a Dockerfile and where it is.
public struct DockerfileError: Error, Hashable, Sendable {
    public let fault: DockerfileFault
    /// Of the whole instruction, from 1; nil if the file as a whole is to blame.
    public let lines: ClosedRange<Int>?
    /// Found while parsing, whether or not the stage is needed.
    public let isSyntax: Bool

    /// A fault in what an instruction means.
    public init(_ fault: DockerfileFault, lines: ClosedRange<Int>? = nil) {
        self.init(fault, lines: lines, isSyntax: false)
    }

    private init(_ fault: DockerfileFault, lines: ClosedRange<Int>?, isSyntax: Bool) {
        self.fault = fault
        self.lines = lines
        self.isSyntax = isSyntax
    }

    static func syntax(_ fault: DockerfileFault, lines: ClosedRange<Int>) -> DockerfileError {
        DockerfileError(fault, lines: lines, isSyntax: true)
    }

    static func syntax(_ fault: DockerfileFault, at line: Int) -> DockerfileError {
        syntax(fault, lines: line...line)
    }
}

extension DockerfileError: CustomStringConvertible {
    public var description: String {
        guard isSyntax, let lines else { return fault.description }
        return "dockerfile parse error on line \(lines.lowerBound): \(fault)"
    }
}

/// All that is wrong with a Dockerfile, with its text, so that lines can be shown.
public struct DockerfileErrors: Error, Hashable, Sendable {
    /// The Dockerfile's name, for messages.
    public let name: String
    let text: String
    /// In the order of their lines; never empty.
    public let errors: [DockerfileError]

    init(name: String, text: String, _ errors: [DockerfileError]) {
        self.name = name
        self.text = text
        self.errors = errors.sorted { ($0.lines?.lowerBound ?? 0) < ($1.lines?.lowerBound ?? 0) }
    }

    /// The messages alone, joined by `; `.
    public var message: String { errors.map(\.description).joined(separator: "; ") }
}

extension DockerfileErrors: CustomStringConvertible {
    /// Each error with an excerpt of its lines; at most twenty.
    public var description: String {
        let blocks = errors.prefix(20).map { error in
            let excerpt = error.lines.flatMap { SourceExcerpt(name: name, text: text, lines: $0) }
            return (excerpt.map { "\($0)\n" } ?? "") + "error: \(error)"
        }
        let more = errors.count > 20 ? ["and \(errors.count - 20) more errors"] : []
        return (blocks + more).joined(separator: "\n")
    }
}
