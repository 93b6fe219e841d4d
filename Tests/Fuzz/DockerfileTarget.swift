import DockerfileFrontend

/// Does with a Dockerfile all that a build does before it runs something.
final class DockerfileTarget: Target {
    private static let platform = PlatformValues(os: "linux", architecture: "amd64")

    func run(_ bytes: [UInt8]) -> Outcome {
        let file: Dockerfile
        do {
            file = try Dockerfile(parsing: bytes)
        } catch {
            show(error)
            return .refused
        }
        _ = try? file.checkOptions(buildArguments: [:])
        for instruction in file.stages.flatMap(\.instructions) { use(instruction, of: file) }
        do {
            let scope = try GlobalScope(file, targetPlatform: Self.platform)
            let graph = try StageGraph(file, scope: scope)
            _ = (graph.externalReferences, graph.readsContext, graph.warnings.map(\.message))
            let triggers = file.stages.flatMap(\.instructions).compactMap { instruction in
                if case .onbuild(let text) = instruction.kind { text } else { nil }
            }
            _ = try graph.adding(triggers: triggers, to: graph.target)
        } catch {
            show(error)
            return .refused
        }
        return .accepted
    }

    private func show(_ errors: DockerfileErrors) { _ = errors.description }

    /// Values of variables are taken from the file itself: they may grow.
    private func use(_ instruction: Instruction, of file: Dockerfile) {
        _ = file.excerpt(instruction.lines)
        let values = ["x": "1", "a": "é/b:c", "PATH": "/bin:/sbin", "b": ""]
        guard let expanded = try? instruction.expanded(by: file.expander, lookup: { values[$0] }) else { return }
        switch expanded.kind {
        case .expose(let words): for word in words { _ = try? ExposedPort.parse(word) }
        case .copy(let copy):
            _ = HistoryText.copy(copy)
            for source in copy.sources { use(path: source) }
            use(copy.owner, copy.mode)
        case .add(let add):
            _ = HistoryText.add(add)
            for source in add.sources { use(source: source) }
            use(add.owner, add.mode)
        case .run(let run): _ = HistoryText.run(run.command.arguments(shell: ["/bin/sh", "-c"]), declared: [])
        case .stopSignal(let signal): _ = try? StopSignal.validated(signal)
        case .workdir(let path): _ = CleanPath.clean(path)
        case .healthcheck(let check): _ = HistoryText.healthcheck(check)
        default: break
        }
    }

    private func use(source: String) {
        _ = AddSource.fileName(ofURL: source)
        if case .path(let path)? = try? AddSource(source) { use(path: path) }
    }

    private func use(path: String) {
        _ = CleanPath.components(of: path)
        for pattern in (try? FilePattern.components(of: path)) ?? [] {
            _ = pattern.matches([0xff, 0x61])
            _ = pattern.matches(Array(path.utf8.prefix(40)))
        }
    }

    private func use(_ owner: String?, _ mode: String?) {
        if let owner { _ = try? Ownership(parsing: owner) }
        if let mode, let mode = try? FileMode(parsing: mode) { _ = mode.apply(to: 0o644, isDirectory: true) }
    }
}

/// Ignore files, and words with variables.
final class WordsTarget: Target {
    func run(_ bytes: [UInt8]) -> Outcome {
        let text = String(decoding: bytes, as: UTF8.self)
        var outcome = Outcome.refused
        if let ignore = try? IgnoreFile(parsing: bytes) {
            outcome = .accepted
            for path in ["a/b/c.o", "é/\u{fffd}", String(text.prefix(60))] {
                _ = (ignore.isExcluded(path), ignore.mustWalk(path))
            }
        }
        for escape in [EscapeToken.backslash, .backtick] {
            _ = try? WordExpander(escape: escape).expand(text) { ["x": "a/b/c", "e": ""][$0] }
        }
        return outcome
    }
}
