import SystemPackage
internal import Templates

/// What `${…}` knows in a whole manifest. Used by one thread while it is read.
final class ManifestValues {
    let context: ExpansionContext
    let folder: FilePath
    let log: DiagnosticLog
    var variables: [String: String] = [:]
    /// Declared, but without a usable value; that was reported.
    var brokenVariables: Set<String> = []
    private var bytesLeft: Int
    private var gitFacts: Result<GitFacts, any Error>?

    init(context: ExpansionContext, folder: FilePath, limits: YAMLLimits, log: DiagnosticLog) {
        self.context = context
        self.folder = folder
        self.log = log
        bytesLeft = limits.expandedBytes
    }

    func git() -> Result<GitFacts, any Error> {
        if let gitFacts { return gitFacts }
        let facts = Result { try context.git(folder) }
        gitFacts = facts
        return facts
    }

    /// Whether a text of that size may still be made.
    func spend(_ bytes: Int) -> Bool {
        bytesLeft -= bytes
        return bytesLeft >= 0
    }
}

/// Puts values into the `${…}` of one image, or of what stands outside of images.
struct Expander {
    let values: ManifestValues
    /// Its base name and full name.
    var image: (base: String, name: String)?
    var matrix: [MatrixValue] = []

    private enum Value {
        case text(String)
        case deferred
        case unknown
        case fault(String)
        /// As `fault` in a text; in a condition it equals nothing.
        case missing(String)
        /// Reported where it was declared.
        case silent
    }

    /// The text of a scalar; nil if it is none or cannot be expanded, which then is in the log.
    ///
    /// - Parameter keepsBase: whether `${base.…}` may stay.
    func text(_ node: YAMLNode, keepsBase: Bool = false) -> String? {
        guard let text = node.text else { return nil }
        guard text.contains("${") else { return text }
        var result = ""
        for piece in Template(text).pieces {
            switch piece {
            // An escaped ${base.…} stays escaped until the others are put in.
            case .literal(let literal): result += keepsBase ? literal.replacing("${base.", with: "$${base.") : literal
            case .unterminated(let rest, _):
                values.log.add(
                    at: mark(of: rest, in: node), "there is no } to this ${", hint: "$${ stands for ${ itself")
                return nil
            case .reference(let name, _):
                guard let value = value(name, in: node, keepsBase: keepsBase) else { return nil }
                result += value
            }
            guard values.spend(result.utf8.count) else {
                values.log.add(at: nil, "the texts that ${…} makes are too large together")
                return nil
            }
        }
        return result
    }

    /// The value of a name on the left side of a condition.
    func value(_ name: String) -> String? {
        guard case .text(let text) = lookUp(name) else { return nil }
        return text
    }

    /// Whether the name means something here; if not, that is in the log.
    func isKnown(_ name: String, at mark: SourceMark) -> Bool {
        switch lookUp(name) {
        case .text, .missing: return true
        case .silent: return false
        case .fault(let message):
            values.log.add(at: mark, "\(name): \(message)")
        case .deferred:
            values.log.add(at: mark, "\(name) is known only after the build: not in a condition")
        case .unknown:
            values.log.add(
                at: mark, "unknown name \"\(name.prefix(80))\" in the condition",
                hint: Suggestion.hint(for: name, among: names))
        }
        return false
    }

    private func value(_ name: String, in node: YAMLNode, keepsBase: Bool) -> String? {
        let shown = "${\(name.prefix(80))}"
        switch lookUp(name) {
        case .text(let text): return text
        case .silent: return nil
        case .deferred where keepsBase: return "${\(name)}"
        case .deferred:
            values.log.add(
                at: mark(of: "${\(name)", in: node),
                "\(shown) is known only after the build: only in tags, labels and annotations")
        case .fault(let message), .missing(let message):
            values.log.add(at: mark(of: "${\(name)", in: node), "\(shown): \(message)")
        case .unknown: values.log.add(at: mark(of: "${\(name)", in: node), "unknown name in \(shown)", hint: hint(name))
        }
        return nil
    }
}

extension Expander {
    private func lookUp(_ name: String) -> Value {
        if let value = matrix.first(where: { $0.key == name }) { return .text(value.value) }
        if let value = values.variables[name] { return .text(value) }
        if values.brokenVariables.contains(name) { return .silent }
        if Builtin.isDeferred(name) { return .deferred }
        switch name {
        case "image": return image.map { .text($0.base) } ?? .fault("there is an image only below images")
        case "image.name": return image.map { .text($0.name) } ?? .fault("there is an image only below images")
        case "run": return .text(values.context.run)
        default: break
        }
        if name.hasPrefix("git.") { return gitValue(name) }
        if name.hasPrefix("date:") {
            let format = String(name.dropFirst("date:".count))
            let date = CivilTime(seconds: values.context.now).formatted(format)
            return date.map { .text($0) } ?? .fault("a date is made of yyyy MM dd HH mm ss")
        }
        return .unknown
    }

    private func gitValue(_ name: String) -> Value {
        guard Builtin.forms.contains(name) else { return .unknown }
        do {
            let facts = try values.git().get()
            switch name {
            case "git.sha": return .text(facts.sha)
            case "git.short": return .text(facts.short)
            case "git.branch": return facts.branch.map { .text($0) } ?? .missing("no branch is checked out")
            default: return facts.remote.map { .text($0) } ?? .missing("the repository has no remote \"origin\"")
            }
        } catch {
            return .fault("\(error)")
        }
    }

    private var names: [String] { matrix.map(\.key) + values.variables.keys.sorted() + Builtin.forms }

    private func hint(_ name: String) -> String? {
        if let near = Suggestion.nearest(to: name, among: names) { return "did you mean ${\(near)}?" }
        guard !name.isEmpty, name.allSatisfy({ $0.isUppercase || $0.isNumber || $0 == "_" }) else { return nil }
        return "the environment is read through vars: { \(name): { env: \(name) } }"
    }

    /// The place of a part of a scalar, if the scalar stands in its line as it is.
    private func mark(of part: String, in node: YAMLNode) -> SourceMark {
        guard values.log.wantsHints, let line = node.mark.lineText else { return node.mark }
        let tail = String(line.unicodeScalars.dropFirst(node.mark.column - 1))
        guard let range = tail.firstRange(of: part) else { return node.mark }
        return node.mark.advanced(by: tail.unicodeScalars.distance(from: tail.startIndex, to: range.lowerBound))
    }
}
