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
            guard let value else { throw .unknownRule(String(part)) }
            try set(Scalars(name).trimmed().text, to: Scalars(value).trimmed().text)
        }
    }

    private mutating func set(_ name: String, to value: String) throws(DockerfileFault) {
        let names = Set(value.split(separator: ",").map { Scalars(String($0)).trimmed().text })
        switch (name, value) {
        case ("skip", _): skipped.formUnion(names)
        case ("experimental", _): experimental.formUnion(names)
        case ("error", "true"), ("error", "1"): failsOnWarning = true
        case ("error", "false"), ("error", "0"): failsOnWarning = false
        default: throw .unknownRule("\(name)=\(value)")
        }
    }

    /// Whether a rule's warnings are shown.
    public func reports(_ rule: LintRule) -> Bool {
        if rule.isExperimental, experimental.isDisjoint(with: ["all", rule.rawValue]) { return false }
        return skipped.isDisjoint(with: ["all", rule.rawValue])
    }

    /// Those that are to be shown; throws them as an error if warnings are to fail the build.
    public func filter(_ warnings: [DockerfileWarning]) throws(DockerfileFault) -> [DockerfileWarning] {
        let shown = warnings.filter { reports($0.rule) }
        guard failsOnWarning, !shown.isEmpty else { return shown }
        throw .violatedRules(Set(shown.map(\.rule.rawValue)).sorted())
    }
}
