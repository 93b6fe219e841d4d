/// The character that continues lines and escapes others, as the `escape` directive chooses it.
public enum EscapeToken: Character, Hashable, Sendable {
    case backslash = "\\"
    case backtick = "`"

    var scalar: Unicode.Scalar { self == .backslash ? "\\" : "`" }
}
