/// The arguments known to FROM lines: automatic ones, those before the first FROM, and build arguments.
public struct GlobalScope: Sendable {
    /// The stage asked for; nil is the last one.
    public let target: String?
    /// As given by the user, declared or not.
    public internal(set) var buildArguments: [String: String]
    public let targetPlatform: PlatformValues
    /// InvalidDefaultArgInFrom; what else FROM lines give cause for is found by `expandedFrom(of:)`.
    public private(set) var warnings: [DockerfileWarning] = []
    var values: [String: String]
    private(set) var declared: Set<String> = []
    let expander: WordExpander

    /// Works off the ARG instructions before the first FROM. Build arguments override the automatic ones.
    public init(
        _ dockerfile: Dockerfile, buildArguments: [String: String] = [:], targetPlatform: PlatformValues,
        buildPlatform: PlatformValues? = nil, target: String? = nil
    ) throws(DockerfileErrors) {
        self.target = target == "" ? nil : target
        self.buildArguments = buildArguments
        self.targetPlatform = targetPlatform
        expander = dockerfile.expander
        let stage = self.target ?? dockerfile.stages.last?.name ?? "default"
        let automatic =
            (buildPlatform ?? targetPlatform).arguments(prefix: "BUILD")
            + targetPlatform.arguments(prefix: "TARGET") + [("TARGETSTAGE", stage)]
        values = automatic.reduce(into: [:]) { $0[$1.name] = buildArguments[$1.name] ?? $1.value }
        warnings = defaultWarnings(dockerfile)
        do throws(DockerfileError) {
            for instruction in dockerfile.globalArguments { try declare(instruction, given: buildArguments) }
        } catch {
            throw dockerfile.errors([error])
        }
    }

    private mutating func declare(
        _ instruction: Instruction, given: [String: String]
    ) throws(DockerfileError) {
        guard case .arg(let declarations) = instruction.kind else { return }
        for declaration in declarations {
            declared.insert(declaration.name)
            if let value = given[declaration.name] {
                values[declaration.name] = value
            } else if let word = declaration.value {
                values[declaration.name] = try expand(word, lines: instruction.lines).text
            }
        }
    }

    func expand(_ word: String, lines: ClosedRange<Int>) throws(DockerfileError) -> Expansion {
        do throws(ExpansionError) {
            return try expander.expand(word) { values[$0] }
        } catch {
            throw DockerfileError(.expansion(error), lines: lines)
        }
    }

    /// A value known before the first FROM; nil is unset.
    public subscript(name: String) -> String? { values[name] }

    /// Bases that no image can have unless a build argument is given.
    private func defaultWarnings(_ dockerfile: Dockerfile) -> [DockerfileWarning] {
        var defaults = self
        do throws(DockerfileError) {
            for instruction in dockerfile.globalArguments { try defaults.declare(instruction, given: [:]) }
        } catch {
            return []  // an error of the build anyway, if no build argument helps
        }
        return dockerfile.stages.compactMap { stage in
            guard let base = try? defaults.expand(stage.base, lines: stage.lines).text else { return nil }
            guard !ReferenceSyntax.isValid(base) else { return nil }
            let message = "Default value for ARG \(stage.base) results in empty or invalid base image name"
            return DockerfileWarning(.invalidDefaultArgInFrom, message, at: stage)
        }
    }
}
