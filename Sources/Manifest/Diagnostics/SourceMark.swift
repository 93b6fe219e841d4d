import SystemPackage

/// A place in a file of the batch manifest.
///
/// It keeps the file's text alive, so that an error found much later can still show the line.
public struct SourceMark: Sendable {
    let source: SourceFile
    private let packedLine: Int32
    private let packedColumn: Int32

    /// From 1.
    public var line: Int { Int(packedLine) }
    /// From 1, in Unicode scalars.
    public var column: Int { Int(packedColumn) }
    /// The file's path as it was given, or found from the file that includes it.
    public var file: String { source.name }
    /// The line itself; nil where the text is not known.
    public var lineText: String? { source.text(ofLine: line) }

    init(source: SourceFile, line: Int, column: Int) {
        self.source = source
        packedLine = Int32(clamping: line)
        packedColumn = Int32(clamping: column)
    }

    /// A mark in a file whose text is not at hand: messages show the place alone.
    public init(file: String, line: Int, column: Int) {
        self.init(source: SourceFile(name: file, path: "/", bytes: []), line: line, column: column)
    }

    /// The same line, some columns to the right.
    func advanced(by columns: Int) -> SourceMark {
        SourceMark(source: source, line: line, column: column + columns)
    }
}

extension SourceMark: Hashable {
    public static func == (left: SourceMark, right: SourceMark) -> Bool {
        left.packedLine == right.packedLine && left.packedColumn == right.packedColumn && left.file == right.file
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(packedLine)
        hasher.combine(packedColumn)
        hasher.combine(file)
    }
}

extension SourceMark: CustomStringConvertible {
    /// `file:line:column`
    public var description: String { "\(file):\(line):\(column)" }
}

extension SourceMark: CustomReflectable {
    /// The place alone: who prints a value with a mark in it does not want the whole file.
    public var customMirror: Mirror { Mirror(self, children: ["place": description]) }
}

/// A value with the place that states it.
public struct Marked<Value: Hashable & Sendable>: Hashable, Sendable {
    public var value: Value
    public var mark: SourceMark

    public init(_ value: Value, at mark: SourceMark) {
        self.value = value
        self.mark = mark
    }
}
