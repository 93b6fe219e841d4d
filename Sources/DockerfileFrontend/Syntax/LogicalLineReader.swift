/// Splits a Dockerfile into instructions: comments, directives, continuations.
struct LogicalLineReader {
    /// What a line may have at most, in bytes.
    static let longestLine = 65_535

    /// Without line feeds.
    private let lines: [ArraySlice<UInt8>]
    private var next = 0
    private var comments: [String] = []
    private var directiveReader = DirectiveReader()
    /// Faults of lines that are no instruction.
    private(set) var errors: [DockerfileError] = []

    var directives: Directives { directiveReader.directives }

    init(_ bytes: [UInt8]) {
        var lines: [ArraySlice<UInt8>] = []
        let parts = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() where index < parts.count - 1 || !part.isEmpty {
            if part.count > Self.longestLine { errors.append(.syntax(.lineTooLong, at: index + 1)) }
            lines.append(part)
        }
        self.lines = lines
    }

    /// The next line as text: without a trailing run of CR and, if it is the first, a byte order mark.
    private mutating func takeLine() -> TextLine {
        var line = lines[next].prefix(Self.longestLine)
        if next == 0, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        while line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        next += 1
        if line.contains(0) { errors.append(.syntax(.containsNUL, at: next)) }
        return TextLine(line)
    }

    /// The next instruction; nil at the end of the file.
    mutating func nextInstruction() -> LogicalLine? {
        while next < lines.count {
            var line = takeLine()
            line.text = line.text.trimmedStart()
            if isCommentOrDirective(line.text) { continue }
            guard let instruction = instruction(startingWith: line) else { continue }
            return instruction
        }
        return nil
    }

    private mutating func isCommentOrDirective(_ line: Scalars) -> Bool {
        do throws(DockerfileFault) {
            if try directiveReader.read(line) { return true }
        } catch {
            errors.append(.syntax(error, at: next))
            return true
        }
        guard line.first == "#" else { return false }
        let comment = line.dropFirst().trimmed()
        if comment.isEmpty { comments = [] } else { comments.append(comment.text) }
        return true
    }

    private mutating func instruction(startingWith line: TextLine) -> LogicalLine? {
        let first = next
        var result = LogicalLine(lines: first...first, text: [], comments: comments, isDamaged: line.isDamaged)
        comments = []
        var (text, continues) = Self.cutContinuation(line.text, escape: directives.escape.scalar)
        while continues, next < lines.count {
            let line = takeLine()
            guard let start = line.text.first(where: { !$0.isSpace }) else {
                result.hasEmptyContinuation = true
                continue
            }
            if start == "#" { continue }
            let (more, goesOn) = Self.cutContinuation(line.text, escape: directives.escape.scalar)
            text += more
            if line.isDamaged { result.isDamaged = true }
            continues = goesOn
        }
        result.text = text.trimmed()
        result.lines = first...next
        return result.text.isEmpty ? nil : result
    }

    /// Cuts the token of a line that goes on: `[^E]E[ \t]*$` or `^E[ \t]*$`; a doubled token is none.
    private static func cutContinuation(_ line: Scalars, escape: Unicode.Scalar) -> (text: Scalars, continues: Bool) {
        guard let last = line.lastIndex(where: { $0 != " " && $0 != "\t" }), line[last] == escape else {
            return (line, false)
        }
        if last > line.startIndex, line[last - 1] == escape { return (line, false) }
        return (line[..<last], true)
    }

    /// Reads the bodies that an instruction announces.
    mutating func takeHeredocs(of parser: inout InstructionParser) throws(DockerfileFault) {
        for word in parser.heredocWords { parser.heredocs.append(try heredoc(word)) }
    }

    /// The lines up to the terminator, as they are.
    private mutating func heredoc(_ word: HeredocWord) throws(DockerfileFault) -> HeredocText {
        let terminator = Array(word.name.utf8)
        var body: [UInt8] = []
        while next < lines.count {
            let line = lines[next]
            next += 1
            if Self.isTerminator(line, terminator, stripsTabs: word.stripsTabs) {
                return HeredocText(word: word, lines: body)
            }
            body += line
            body.append(UInt8(ascii: "\n"))
        }
        throw .unterminatedHeredoc
    }

    private static func isTerminator(_ line: ArraySlice<UInt8>, _ name: [UInt8], stripsTabs: Bool) -> Bool {
        var line = stripsTabs ? line.drop { $0 == UInt8(ascii: "\t") } : line
        while line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        return line.elementsEqual(name)
    }

    /// The line read last, from 1.
    var lastLine: Int { next }
}
