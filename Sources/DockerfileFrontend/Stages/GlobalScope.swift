/// What a platform gives to the automatic arguments.
public struct PlatformValues: Hashable, Sendable {
    public var os: String
    public var architecture: String
    public var variant: String
    public var osVersion: String

    public init(os: String, architecture: String, variant: String = "", osVersion: String = "") {
        self.os = os
        self.architecture = architecture
        self.variant = variant
        self.osVersion = osVersion
    }

    /// `os/architecture[/variant]`.
    public var text: String { "\(os)/\(architecture)" + (variant.isEmpty ? "" : "/\(variant)") }

    /// The automatic arguments of this platform.
    func arguments(prefix: String) -> [(name: String, value: String)] {
        [
            ("PLATFORM", text), ("OS", os), ("OSVERSION", osVersion), ("ARCH", architecture), ("VARIANT", variant),
        ].map { (prefix + $0.0, $0.1) }
    }
}

/// The arguments known to FROM lines: automatic ones, those before the first FROM, and build arguments.
public struct GlobalScope: Sendable {
    /// The stage asked for; nil is the last one.
    public let target: String?
    /// As given by the user, declared or not.
    public let buildArguments: [String: String]
    public let targetPlatform: PlatformValues
    /// UndefinedArgInFrom and its like are found by `expandedFrom(of:)`; these come from the ARG lines.
    public private(set) var warnings: [DockerfileWarning] = []
    private var values: [String: String] = [:]
    private var declared: Set<String> = []
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
        for (name, value) in automatic { values[name] = buildArguments[name] ?? value }
        do throws(DockerfileError) {
            for instruction in dockerfile.globalArguments { try declare(instruction) }
        } catch {
            throw dockerfile.errors([error])
        }
    }

    private mutating func declare(_ instruction: Instruction) throws(DockerfileError) {
        guard case .arg(let declarations) = instruction.kind else { return }
        for declaration in declarations {
            declared.insert(declaration.name)
            guard let given = buildArguments[declaration.name] else {
                try setDefault(of: declaration, lines: instruction.lines)
                continue
            }
            values[declaration.name] = given
        }
    }

    private mutating func setDefault(
        of declaration: ArgumentDeclaration, lines: ClosedRange<Int>
    ) throws(DockerfileError) {
        guard let word = declaration.value else { return }
        let expansion = try expand(word, lines: lines)
        values[declaration.name] = expansion.text
        warnings += expansion.undefined.map { .undefined($0, known: values.keys.sorted(), lines: lines) }
    }

    private func expand(_ word: String, lines: ClosedRange<Int>) throws(DockerfileError) -> Expansion {
        do throws(ExpansionError) {
            return try expander.expand(word) { values[$0] }
        } catch {
            throw DockerfileError(.expansion(error), lines: lines)
        }
    }

    /// A value known before the first FROM; nil is unset.
    public subscript(name: String) -> String? { values[name] }

    /// Base and platform of a FROM line, expanded.
    public struct From: Hashable, Sendable {
        public let base: String
        /// Not checked; nil is the target platform.
        public let platform: String?
        public let warnings: [DockerfileWarning]
    }

    /// Expands a FROM line; an empty base or platform is an error.
    public func expandedFrom(of stage: Stage) throws(DockerfileError) -> From {
        let base = try expand(stage.base, lines: stage.lines)
        guard !base.text.isEmpty else { throw DockerfileError(.blankBase(stage.base), lines: stage.lines) }
        var undefined = base.undefined
        var warnings = try defaultWarnings(of: stage)
        var platform: String?
        if let word = stage.platform {
            let expansion = try expand(word, lines: stage.lines)
            guard !expansion.text.isEmpty else {
                let hint = expansion.undefined.lazy.compactMap { Suggestion.nearest(to: $0, in: knownNames) }.first
                throw DockerfileError(.emptyPlatform(word, suggestion: hint), lines: stage.lines)
            }
            platform = expansion.text
            undefined += expansion.undefined
            warnings += Self.platformWarnings(of: stage, word: word)
        }
        warnings = undefined.filter { !declared.contains($0) }.map { undefinedWarning($0, stage) } + warnings
        return From(base: base.text, platform: platform, warnings: warnings)
    }

    private var knownNames: [String] { Set(values.keys).union(declared).sorted() }

    private func undefinedWarning(_ name: String, _ stage: Stage) -> DockerfileWarning {
        let hint = Suggestion.nearest(to: name, in: knownNames).map { " (did you mean \($0)?)" } ?? ""
        return DockerfileWarning(
            .undefinedArgInFrom, "FROM argument '\(name)' is not declared" + hint, lines: stage.lines)
    }

    private static func platformWarnings(of stage: Stage, word: String) -> [DockerfileWarning] {
        if ["$TARGETPLATFORM", "${TARGETPLATFORM}"].contains(word) {
            let message =
                "Setting platform to predefined \(word) in FROM is redundant as this is the default behavior"
            return [DockerfileWarning(.redundantTargetPlatform, message, lines: stage.lines)]
        }
        guard !word.unicodeScalars.contains("$"), stage.name == nil || stage.name?.contains(word) == false else {
            return []
        }
        let message = "FROM --platform flag should not use constant value \(word.quoted)"
        return [DockerfileWarning(.fromPlatformFlagConstDisallowed, message, lines: stage.lines)]
    }

    /// A base that is blank unless a build argument is given.
    private func defaultWarnings(of stage: Stage) throws(DockerfileError) -> [DockerfileWarning] {
        guard stage.base.unicodeScalars.contains("$") else { return [] }
        let given = Set(buildArguments.keys)
        let expansion: Expansion
        do throws(ExpansionError) {
            expansion = try expander.expand(stage.base) { given.contains($0) ? nil : values[$0] }
        } catch {
            return []
        }
        guard expansion.text.isEmpty else { return [] }
        let message = "Default value for ARG \(stage.base) results in empty or invalid base image name"
        return [DockerfileWarning(.invalidDefaultArgInFrom, message, lines: stage.lines)]
    }
}
