/// An instruction's text, continuations joined.
struct LogicalLine {
    /// In the file, from 1.
    var lines: ClosedRange<Int>
    var text: Scalars
    /// The comment block directly above.
    var comments: [String] = []
    var hasEmptyContinuation = false
}
