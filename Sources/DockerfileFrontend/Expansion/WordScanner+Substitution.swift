extension WordScanner {
    /// What a `$`, which has been taken, and the text after it stand for.
    mutating func substitution(keepsEscapes: Bool, lookup: (String) -> String?) throws(ExpansionFault) -> String {
        guard rest.first == "{" else { return plainVariable(lookup: lookup) }
        _ = pop()
        switch rest.first {
        case nil: throw .missingBrace
        case "{", "}", ":": throw .badSubstitution
        default: break
        }
        let name = takeName()
        guard let first = pop() else { throw .missingBrace }
        if first == "}" { return value(of: name, orKept: "${\(name)}", lookup: lookup) }
        if first == "/" { return try replacement(in: name, lookup: lookup) }
        let isColon = first == ":"
        guard let sign = isColon ? pop() : first else { throw .missingBrace }
        guard let modifier = Modifier(sign, afterColon: isColon) else {
            throw .unsupportedModifier((isColon ? ":" : "") + String(sign))
        }
        let word = try operand(until: "}", keepsEscapes: modifier.isTrim, orElse: .missingBrace, lookup: lookup)
        let value = lookup(name)
        if value == nil, mode.contains(.keepsUnset) {
            return "${" + name + (isColon ? ":" : "") + String(sign) + word + "}"
        }
        return try apply(modifier, word: word, to: name, value: value)
    }

    private mutating func plainVariable(lookup: (String) -> String?) -> String {
        let name = takeName()
        return name.isEmpty ? "$" : value(of: name, orKept: "$\(name)", lookup: lookup)
    }

    private mutating func value(of name: String, orKept reference: String, lookup: (String) -> String?) -> String {
        if let value = lookup(name) { return value }
        noteUndefined(name)
        return mode.contains(.keepsUnset) ? reference : ""
    }

    /// A word inside braces; running into the end of the text is `fault`.
    private mutating func operand(
        until stop: Unicode.Scalar, keepsEscapes: Bool, orElse fault: ExpansionFault, lookup: (String) -> String?
    ) throws(ExpansionFault) -> String {
        do throws(ExpansionFault) {
            return String(try scan(until: stop, keepsEscapes: keepsEscapes, lookup: lookup).text)
        } catch .unexpectedEnd {
            throw fault
        }
    }

    private mutating func apply(
        _ modifier: Modifier, word: String, to name: String, value: String?
    ) throws(ExpansionFault) -> String {
        let given = modifier.ignoresEmpty && value == "" ? nil : value
        switch modifier.kind {
        case .otherwise: return given ?? word
        case .instead: return given == nil ? "" : word
        case .required:
            if let given { return given }
            let fallback = value == nil ? "is not allowed to be unset" : "is not allowed to be empty"
            throw .required(name: name, message: word.isEmpty ? fallback : word)
        case .trimStart, .trimEnd:
            if value == nil { noteUndefined(name) }
            return try trim(value ?? "", word, from: modifier.kind)
        }
    }

    /// `#` and `%` take the shortest match, `##` and `%%` the longest.
    private func trim(_ value: String, _ word: String, from kind: Modifier.Kind) throws(ExpansionFault) -> String {
        let sign = kind == .trimStart ? "#" : "%"
        let isLongest = word.hasPrefix(sign)
        let pattern = try ShellPattern(isLongest ? String(word.dropFirst()) : word)
        let scalars = Array(value.unicodeScalars)
        return kind == .trimStart
            ? pattern.trimmingPrefix(of: scalars, longest: isLongest)
            : pattern.trimmingSuffix(of: scalars, longest: isLongest)
    }

    /// `${name/pattern/text}` and `${name//pattern/text}`.
    private mutating func replacement(in name: String, lookup: (String) -> String?) throws(ExpansionFault) -> String {
        let isGlobal = rest.first == "/"
        if isGlobal { _ = pop() }
        let pattern = try operand(until: "/", keepsEscapes: true, orElse: .missingSlash, lookup: lookup)
        let text = try operand(until: "}", keepsEscapes: true, orElse: .missingBrace, lookup: lookup)
        guard let value = lookup(name) else {
            noteUndefined(name)
            return mode.contains(.keepsUnset) ? "${\(name)/\(isGlobal ? "/" : "")\(pattern)/\(text)}" : ""
        }
        let scalars = Array(value.unicodeScalars)
        return try ShellPattern(pattern).replacing(in: scalars, with: text, everywhere: isGlobal)
    }
}

/// What stands between the name and the word of `${name…word}`.
private struct Modifier {
    enum Kind { case otherwise, instead, required, trimStart, trimEnd }

    let kind: Kind
    /// With a colon an empty value counts as unset.
    let ignoresEmpty: Bool

    var isTrim: Bool { kind == .trimStart || kind == .trimEnd }

    init?(_ sign: Unicode.Scalar, afterColon: Bool) {
        let kinds: [Unicode.Scalar: Kind] = [
            "-": .otherwise, "+": .instead, "?": .required, "#": .trimStart, "%": .trimEnd,
        ]
        guard let kind = kinds[sign] else { return nil }
        self.kind = kind
        ignoresEmpty = afterColon
        if afterColon, isTrim { return nil }
    }
}
