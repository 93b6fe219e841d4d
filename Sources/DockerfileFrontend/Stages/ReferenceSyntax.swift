/// Whether a text can be the name of an image: the grammar of the distribution project's references, with the short forms.
///
/// https://github.com/distribution/reference/blob/main/regexp.go
enum ReferenceSyntax {
    static func isValid(_ text: String) -> Bool {
        guard text.utf8.count <= 1000, !isIdentifier(text) else { return false }
        let (named, digest) = text.splitOnce(at: "@")
        if let digest, !isDigest(digest) { return false }
        var parts = named.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 1, isDomain(parts[0]) {
            guard isHost(parts.removeFirst()) else { return false }
        }
        guard let last = parts.popLast() else { return false }
        let (name, tag) = last.splitOnce(at: ":")
        if let tag, !isTag(tag) { return false }
        return (parts + [name]).allSatisfy(isComponent) && named.utf8.count <= 255 + 129
    }

    /// 64 hexadecimal digits are an image's id.
    private static func isIdentifier(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { isDigit($0) || (0x61...0x66).contains($0) }
    }

    /// What is told from a part of the path by a dot, a port, its case, or that it is `localhost`.
    private static func isDomain(_ part: String) -> Bool {
        part == "localhost" || part.utf8.contains { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") }
            || part != part.lowercased()
    }

    private static func isHost(_ text: String) -> Bool {
        if text.hasPrefix("[") {
            let (address, port) = text.dropFirst().description.splitOnce(at: "]")
            guard let port, port.isEmpty || isPort(port) else { return false }
            return !address.isEmpty && address.utf8.allSatisfy { isHexDigit($0) || $0 == UInt8(ascii: ":") }
        }
        let (name, port) = text.splitOnce(at: ":")
        if let port, port.isEmpty || !port.utf8.allSatisfy(isDigit) { return false }
        return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part.first != "-" && part.last != "-"
                && part.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
        }
    }

    private static func isPort(_ text: String) -> Bool {
        text.first == ":" && text.utf8.count > 1 && text.utf8.dropFirst().allSatisfy(isDigit)
    }

    /// Lower-case letters and digits, with `.`, `_`, `__` or dashes between them.
    private static func isComponent(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last, isLowerOrDigit(first), isLowerOrDigit(last) else {
            return false
        }
        let separators = bytes.split(whereSeparator: isLowerOrDigit)
        return separators.allSatisfy { run in
            run.allSatisfy { $0 == UInt8(ascii: "-") } || run.elementsEqual(".".utf8) || run.elementsEqual("_".utf8)
                || run.elementsEqual("__".utf8)
        }
    }

    private static func isTag(_ text: String) -> Bool {
        guard let first = text.utf8.first, (1...128).contains(text.utf8.count) else { return false }
        return first != UInt8(ascii: ".") && first != UInt8(ascii: "-")
            && text.utf8.allSatisfy { isLetter($0) || isDigit($0) || "_.-".utf8.contains($0) }
    }

    private static func isDigest(_ text: String) -> Bool {
        let (algorithm, hex) = text.splitOnce(at: ":")
        guard let hex, hex.utf8.count >= 32, hex.utf8.allSatisfy(isHexDigit) else { return false }
        return algorithm.utf8.split(omittingEmptySubsequences: false) { "-_+.".utf8.contains($0) }.allSatisfy { part in
            part.first.map(isLetter) == true && part.allSatisfy { isLetter($0) || isDigit($0) }
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    private static func isLowerOrDigit(_ byte: UInt8) -> Bool { isDigit(byte) || (0x61...0x7A).contains(byte) }

    private static func isHexDigit(_ byte: UInt8) -> Bool { isDigit(byte) || (0x61...0x66).contains(byte | 0x20) }
}
