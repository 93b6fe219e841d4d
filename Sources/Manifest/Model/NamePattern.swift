/// A pattern over image names: `*` is any text, also with `/`, `?` is one character.
public struct NamePattern: Hashable, Sendable {
    private let pattern: [UInt8]

    public init(_ text: String) {
        pattern = Array(text.utf8)
    }

    /// Whether the text has `*` or `?`.
    public var hasWildcards: Bool { pattern.contains(UInt8(ascii: "*")) || pattern.contains(UInt8(ascii: "?")) }

    /// Whether the pattern means the image: it covers its name, or the name before its matrix values.
    public func matches(_ image: ImageSpec) -> Bool {
        matches(image.name) || matches(image.base)
    }

    /// Whether the pattern covers the whole name. Its time is at most the product of both lengths.
    public func matches(_ name: String) -> Bool {
        let text = Array(name.utf8)
        var (at, place) = (0, 0)
        var star: (pattern: Int, text: Int)?
        while place < text.count {
            if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
                star = (at, place)
                at += 1
            } else if at < pattern.count, pattern[at] == UInt8(ascii: "?") || pattern[at] == text[place] {
                at += 1
                place += 1
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                at = last.pattern + 1
                place = last.text + 1
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
