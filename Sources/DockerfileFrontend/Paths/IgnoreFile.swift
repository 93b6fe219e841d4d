/// A `.dockerignore`: which paths of a context COPY and ADD do not see.
///
/// The last line that matches a path, or a directory above it, decides.
public struct IgnoreFile: Hashable, Sendable {
    struct Pattern: Hashable, Sendable {
        let glob: Glob
        /// Written with a `!`: what it matches is not ignored.
        let isException: Bool
        /// The components before the first with a wildcard.
        let fixed: [GlobText]
    }

    let patterns: [Pattern]
    let exceptions: [Pattern]

    /// An empty file: nothing is ignored.
    public init() {
        patterns = []
        exceptions = []
    }

    public init(parsing text: String) throws(IgnoreFileError) {
        try self.init(parsing: Array(text.utf8))
    }

    public init(parsing bytes: [UInt8]) throws(IgnoreFileError) {
        var patterns: [Pattern] = []
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let hasMark = index == 0 && line.starts(with: [0xEF, 0xBB, 0xBF])
            let text = Scalars(String(decoding: hasMark ? line.dropFirst(3) : line, as: UTF8.self))
            if text.first == "#" { continue }  // a comment, but only in the first column
            if let pattern = try Self.pattern(text, line: index + 1) { patterns.append(pattern) }
        }
        self.init(patterns)
    }

    /// Patterns that stand on their own, so that a `#` at the start is one of theirs; blank ones are skipped.
    init(patterns texts: [String]) throws(IgnoreFileError) {
        var patterns: [Pattern] = []
        for (index, text) in texts.enumerated() {
            if let pattern = try Self.pattern(Scalars(text).trimmed(), line: index + 1) { patterns.append(pattern) }
        }
        self.init(patterns)
    }

    private init(_ patterns: [Pattern]) {
        self.patterns = patterns
        exceptions = patterns.filter(\.isException)
    }

    /// Nil for a blank line.
    private static func pattern(_ text: Scalars, line: Int) throws(IgnoreFileError) -> Pattern? {
        let trimmed = text.trimmed()
        guard let first = trimmed.first else { return nil }
        let isException = first == "!"
        let written = isException ? trimmed.dropFirst().trimmedStart() : trimmed
        guard !written.isEmpty else { throw .loneExclamationMark(line: line) }
        var path = CleanPath.clean(written.text)
        if path.utf8.count > 1, path.utf8.first == UInt8(ascii: "/") { path = String(path.dropFirst()) }
        do throws(Glob.SyntaxError) {
            let glob = try Glob(GlobText(decoding: path.utf8), doubleStar: true)
            return Pattern(glob: glob, isException: isException, fixed: fixed(path))
        } catch {
            throw .invalidPattern(trimmed.text, line: line)
        }
    }

    private static func fixed(_ path: String) -> [GlobText] {
        let wildcards = Array("*?[\\".utf8)
        return path.utf8.split(separator: UInt8(ascii: "/"))
            .prefix { !$0.contains(where: wildcards.contains) }
            .map { GlobText(decoding: $0) }
    }

    /// The context's root, to walk down from.
    public var root: IgnorePosition { IgnorePosition(file: self) }

    /// Whether a path, relative to the context's root, is ignored.
    public func isExcluded(_ path: String) -> Bool {
        isExcluded(GlobText(decoding: CleanPath.relative(path).utf8))
    }

    private func isExcluded(_ path: GlobText) -> Bool {
        let ends = path.indices.filter { path[$0] == Glob.slash } + [path.count]
        let last = patterns.last { pattern in ends.contains { pattern.glob.matches(path[..<$0]) } }
        return last.map { !$0.isException } ?? false
    }

    /// Whether something below a directory may be wanted: it is not ignored, or an exception may match below it.
    public func mustWalk(_ directory: String) -> Bool {
        let path = GlobText(decoding: CleanPath.relative(directory).utf8)
        if !isExcluded(path) { return true }
        guard !exceptions.isEmpty else { return false }
        let names = path.split(separator: Glob.slash).map(Array.init)
        return exceptions.contains { $0.mayMatch(below: names) }
    }
}

extension IgnoreFile.Pattern {
    /// Whether something below the directory of these names, or itself, may match.
    fileprivate func mayMatch(below names: [GlobText]) -> Bool {
        zip(fixed, names).allSatisfy(==)
    }
}

/// A place in the context during a walk: what the directories above matched need not be matched again.
public struct IgnorePosition: Sendable {
    private let file: IgnoreFile
    private var path: GlobText = []
    private var names: [GlobText] = []
    /// For each pattern, whether it matches this path or one above.
    private var matched: [Bool]

    init(file: IgnoreFile) {
        self.file = file
        matched = Array(repeating: false, count: file.patterns.count)
    }

    /// The entry `name`, as bytes, of this directory.
    public func entering(_ name: [UInt8]) -> IgnorePosition {
        var position = self
        guard !file.patterns.isEmpty else { return position }
        let name = GlobText(decoding: name)
        if !path.isEmpty { position.path.append(Glob.slash) }
        position.path += name
        position.names.append(name)
        for (index, pattern) in file.patterns.enumerated() where !matched[index] {
            position.matched[index] = pattern.glob.matches(position.path)
        }
        return position
    }

    /// Whether the path is ignored.
    public var isExcluded: Bool {
        guard let last = matched.lastIndex(of: true) else { return false }
        return !file.patterns[last].isException
    }

    /// Whether a pattern that is no exception may match below this directory.
    var mayMatchBelow: Bool {
        file.patterns.contains { !$0.isException && $0.mayMatch(below: names) }
    }

    /// Whether something below this directory may be wanted.
    public var mustWalk: Bool {
        !isExcluded || file.exceptions.contains { $0.mayMatch(below: names) }
    }
}

/// A line of a `.dockerignore` that is none.
public enum IgnoreFileError: Error, Hashable, Sendable {
    case loneExclamationMark(line: Int)
    case invalidPattern(String, line: Int)
}

extension IgnoreFileError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .loneExclamationMark(let line): "line \(line): illegal exclusion pattern: \"!\""
        case .invalidPattern(let text, let line): "line \(line): syntax error in pattern: \(text)"
        }
    }
}
