/// Which lint rules count: `skip=Rule,…|all;error=true|false;experimental=Rule,…|all`.
public struct CheckOptions: Hashable, Sendable {
    private var skipped: Set<String> = []
    private var experimental: Set<String> = []
    /// Any warning fails the build.
    public private(set) var failsOnWarning = false

    public init() {}

    /// Takes a `check` directive's value, or the build argument `BUILDKIT_DOCKERFILE_CHECK`, which overrides it.
    public init(parsing text: String) throws(DockerfileFault) {
        for part in text.split(separator: ";") {
            let (name, value) = String(part).splitOnce(at: "=")
            guard let value else { throw .invalidCheckOption(String(part)) }
            try set(Scalars(name).trimmed().text, to: Scalars(value).trimmed().text)
        }
    }

    private mutating func set(_ name: String, to value: String) throws(DockerfileFault) {
        let names = Set(value.split(separator: ",").map { Scalars(String($0)).trimmed().text })
        switch name {
        case "skip": skipped.formUnion(names)
        case "experimental": experimental.formUnion(names)
        case "error":
            guard let boolean = GoBoolean.parse(value) else { throw .invalidCheckOption("\(name)=\(value)") }
            failsOnWarning = boolean
        default: throw .invalidCheckOption(name)
        }
    }

    /// What the comment block above an instruction says: `# check=…`. A comment that cannot be read says nothing.
    init?(comments: [String]) {
        var options = CheckOptions()
        var isFound = false
        for comment in comments {
            let (name, value) = comment.splitOnce(at: "=")
            guard name == "check", let value, let more = try? CheckOptions(parsing: value) else { continue }
            options.merge(more)
            isFound = true
        }
        guard isFound else { return nil }
        self = options
    }

    private mutating func merge(_ other: CheckOptions) {
        skipped.formUnion(other.skipped)
        experimental.formUnion(other.experimental)
        failsOnWarning = failsOnWarning || other.failsOnWarning
    }

    /// Whether a rule's warnings are shown. Experimental ones are if they are asked for; they cannot be skipped then.
    public func reports(_ rule: LintRule) -> Bool {
        rule.isExperimental
            ? !experimental.isDisjoint(with: ["all", rule.rawValue])
            : skipped.isDisjoint(with: ["all", rule.rawValue])
    }

    /// Those that are to be shown; throws them as an error if one of them is to fail the build.
    public func filter(_ warnings: [DockerfileWarning]) throws(DockerfileFault) -> [DockerfileWarning] {
        var isFailure = false
        let shown = warnings.filter { warning in
            var options = self
            if let local = warning.options { options.merge(local) }
            guard options.reports(warning.rule) else { return false }
            isFailure = isFailure || options.failsOnWarning
            return true
        }
        guard isFailure else { return shown }
        throw .violatedRules(Set(shown.map(\.rule.rawValue)).sorted())
    }
}
