/// Whether a text is an IP address, as Go's `net.ParseIP` sees it.
enum AddressSyntax {
    static func isValid(_ text: String) -> Bool {
        text.utf8.contains(UInt8(ascii: ":")) ? isVersion6(text) : isVersion4(text)
    }

    /// Four numbers up to 255, without leading zeros.
    private static func isVersion4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                part.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt8(part) != nil
                    && (part.utf8.count == 1 || part.first != "0")
            }
    }

    /// Eight groups of up to four digits; one run of zeros may be `::`, and the last two may be an IPv4 address.
    private static func isVersion6(_ text: String) -> Bool {
        var groups = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        var count = 8
        if let last = groups.last, last.utf8.contains(UInt8(ascii: ".")) {
            guard isVersion4(last) else { return false }
            groups.removeLast()
            groups.append("0")
            count = 7
        }
        // An empty group at the start or the end is the half of a `::`.
        let isOpen = text.hasPrefix("::")
        let isEnded = text.hasSuffix("::")
        if isOpen { groups.removeFirst() }
        if isEnded, groups.count > 1 { groups.removeLast() }
        let gaps = groups.count { $0.isEmpty }
        guard gaps <= 1, gaps == 1 ? groups.count <= count : groups.count == count else { return false }
        return groups.allSatisfy { $0.utf8.count <= 4 && $0.utf8.allSatisfy(isHexDigit) }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }
}
