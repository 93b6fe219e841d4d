/// Collects stages, instructions and all faults of a file.
struct DockerfileParser {
    private var reader: LogicalLineReader
    private let isEmpty: Bool
    private let foreignSyntax: String?
    /// A file with more is no Dockerfile; looking for what its words might mean would take long.
    private static let mostErrors = 1000
    private(set) var errors: [DockerfileError] = []
    private(set) var globalArguments: [Instruction] = []
    private(set) var stages: [Stage] = []
    private(set) var warnings: [DockerfileWarning] = []
    /// A FROM was met, maybe a wrong one, or its lack was reported: once is enough.
    private var hasFrom = false

    var directives: Directives { reader.directives }

    init(_ bytes: [UInt8]) {
        isEmpty = bytes.isEmpty
        foreignSyntax = ForeignSyntax.name(in: bytes)
        reader = LogicalLineReader(bytes)
    }

    mutating func run() {
        if let foreignSyntax {
            errors = [DockerfileError(.foreignSyntax(foreignSyntax), lines: 1...1)]
            return
        }
        var hasInstructions = false
        while errors.count < Self.mostErrors, let line = reader.nextInstruction() {
            hasInstructions = true
            parse(line)
        }
        errors += reader.errors
        guard errors.isEmpty else { return }
        if isEmpty {
            errors = [DockerfileError(.emptyFile)]
        } else if !hasInstructions {
            errors = [DockerfileError(.noInstructions)]
        } else if stages.isEmpty {
            errors = [DockerfileError(.noStages)]
        }
    }

    private mutating func parse(_ line: LogicalLine) {
        var line = line
        if line.hasEmptyContinuation {
            warnings.append(
                DockerfileWarning(
                    .noEmptyContinuation, "Empty continuation line", lines: line.lines, comments: line.comments))
        }
        do throws(DockerfileFault) {
            var parser = try InstructionParser(line.text, escape: directives.escape)
            parser.isDamaged = line.isDamaged
            try reader.takeHeredocs(of: &parser)
            line.lines = line.lines.lowerBound...reader.lastLine
            try add(parser, line)
        } catch {
            if case .unknownInstruction = error { hasFrom = true }  // it may be a mistyped FROM
            errors.append(.syntax(error, lines: line.lines))
        }
    }

    private mutating func add(_ parser: InstructionParser, _ line: LogicalLine) throws(DockerfileFault) {
        if parser.keyword == .from {
            hasFrom = true
            return stages.append(try stage(parser, line))
        }
        let instruction = Instruction(
            lines: line.lines, text: line.text.text, keyword: parser.keyword, kind: try parser.kind(),
            comments: line.comments)
        if !stages.isEmpty {
            stages[stages.count - 1].instructions.append(instruction)
        } else if parser.keyword == .arg {
            globalArguments.append(instruction)
        } else if !hasFrom {
            hasFrom = true
            throw .noStageYet
        }
    }

    private func stage(_ parser: InstructionParser, _ line: LogicalLine) throws(DockerfileFault) -> Stage {
        let words = try parser.from()
        return Stage(
            index: stages.count, name: words.name, base: words.base, platform: words.platform, lines: line.lines,
            text: line.text.text, comments: line.comments)
    }
}

extension Instruction {
    /// Reads an ONBUILD trigger of a base, to be run at the start of a stage whose FROM stands at `lines`.
    public init(parsingTrigger text: String, lines: ClosedRange<Int>) throws(DockerfileError) {
        var reader = LogicalLineReader(Array(text.utf8))
        do throws(DockerfileFault) {
            guard let line = reader.nextInstruction() else { throw .severalTriggers }
            var parser = try InstructionParser(line.text, escape: reader.directives.escape)
            try reader.takeHeredocs(of: &parser)
            guard reader.nextInstruction() == nil else { throw .severalTriggers }
            self.init(
                lines: lines, text: line.text.text, keyword: parser.keyword, kind: try parser.kind(), comments: [])
        } catch {
            throw DockerfileError(error, lines: lines)
        }
    }
}
