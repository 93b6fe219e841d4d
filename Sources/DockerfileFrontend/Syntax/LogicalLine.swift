/// An instruction's text, continuations joined.
struct LogicalLine {
    /// In the file, from 1.
    var lines: ClosedRange<Int>
    var text: Scalars
    /// The comment block directly above.
    var comments: [String] = []
    var hasEmptyContinuation = false
    /// Some of it was no UTF-8.
    var isDamaged = false
}

/// A line of the file. What is no UTF-8 in it becomes U+FFFD.
struct TextLine {
    var text: Scalars
    let isDamaged: Bool

    init(_ bytes: ArraySlice<UInt8>) {
        let valid = String(validating: bytes, as: UTF8.self)
        isDamaged = valid == nil
        text = Scalars(valid ?? String(decoding: bytes, as: UTF8.self))
    }
}
