/// A text cut at its `${…}`. `$${` stands for `${` itself; any other `$` is a dollar sign.
public struct Template: Sendable {
    public enum Piece: Hashable, Sendable {
        case literal(String)
        /// The name between the braces, and where its `$` is, in Unicode scalars from 0.
        case reference(String, offset: Int)
        /// From `${` to the end: there is no `}`.
        case unterminated(String, offset: Int)
    }

    public private(set) var pieces: [Piece] = []

    /// - Parameter prefix: only names that begin so are cut out, and only `$${` before such names is an escape.
    public init(_ text: String, namesBeginning prefix: String = "") {
        let opening = Array("${\(prefix)".unicodeScalars)
        let scalars = Array(text.unicodeScalars)
        var literal = String.UnicodeScalarView()
        var index = 0
        while index < scalars.count {
            let isEscape = scalars[index] == "$" && scalars[(index + 1)...].starts(with: opening)
            guard isEscape || scalars[index...].starts(with: opening) else {
                literal.append(scalars[index])
                index += 1
                continue
            }
            if isEscape {
                literal.append(contentsOf: opening)
                index += 1 + opening.count
                continue
            }
            if !literal.isEmpty { pieces.append(.literal(String(literal))) }
            literal = .init()
            let rest = scalars[(index + 2)...]
            guard let end = rest.firstIndex(of: "}") else {
                pieces.append(.unterminated(Self.string(scalars[index...]), offset: index))
                return
            }
            pieces.append(.reference(Self.string(rest[..<end]), offset: index))
            index = end + 1
        }
        if !literal.isEmpty { pieces.append(.literal(String(literal))) }
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }
}
