import DockerfileFrontend

/// One line for what an instruction says.
func dump(_ kind: InstructionKind) -> String {
    switch kind {
    case .run(let run): "run " + dump(run.command) + (run.network == .default ? "" : " network=\(run.network)")
    case .copy(let copy):
        "copy " + flags([("from", copy.from), ("chown", copy.owner), ("chmod", copy.mode)])
            + words(copy.sources) + " -> " + word(copy.destination)
    case .add(let add):
        "add " + flags([("chown", add.owner), ("chmod", add.mode)]) + words(add.sources) + " -> "
            + word(add.destination)
    case .env(let pairs): "env " + dump(pairs)
    case .label(let pairs): "label " + dump(pairs)
    case .arg(let arguments):
        "arg " + arguments.map { word($0.name) + ($0.value.map { "=" + word($0) } ?? "") }.joined(separator: " ")
    case .workdir(let path): "workdir " + word(path)
    case .user(let user): "user " + word(user)
    case .cmd(let command): "cmd " + dump(command)
    case .entrypoint(let command): "entrypoint " + dump(command)
    case .expose(let list): "expose " + words(list)
    case .volume(let list): "volume " + words(list)
    case .shell(let list): "shell " + words(list)
    case .stopSignal(let signal): "stopsignal " + word(signal)
    case .healthcheck(let check):
        "healthcheck " + words(check.test)
            + " \(check.interval) \(check.timeout) \(check.startPeriod) \(check.startInterval) \(check.retries)"
    case .onbuild(let text): "onbuild " + word(text)
    case .maintainer(let name): "maintainer " + word(name)
    case .unserved(let feature): "unserved " + word(feature.name)
    }
}

private func dump(_ command: CommandForm) -> String {
    switch command {
    case .shell(let text): "shell " + word(text)
    case .exec(let arguments): "exec " + words(arguments)
    }
}

private func dump(_ pairs: [KeyValue]) -> String {
    pairs.map { word($0.key) + ($0.isLegacy ? " " : "=") + word($0.value) }.joined(separator: " ")
}

private func flags(_ flags: [(String, String?)]) -> String {
    flags.map { name, value in value.map { "\(name)=\(word($0)) " } ?? "" }.joined()
}

func words(_ words: [String]) -> String { "[" + words.map(word).joined(separator: " ") + "]" }

func word(_ text: String) -> String { "<\(text)>" }

func dump(_ lines: ClosedRange<Int>) -> String {
    lines.count == 1 ? "\(lines.lowerBound)" : "\(lines.lowerBound)-\(lines.upperBound)"
}

func dump(_ source: StageSource) -> String {
    switch source {
    case .scratch: "scratch"
    case .stage(let index): "stage \(index)"
    case .image(let text): "image \(text)"
    case .context(let key): "context \(key)"
    }
}

/// The whole file.
func dump(_ dockerfile: Dockerfile) -> String {
    var rows = ["escape \(dockerfile.directives.escape.rawValue)"]
    if let syntax = dockerfile.directives.syntax { rows.append("syntax \(syntax)") }
    if let check = dockerfile.directives.check { rows.append("check \(check)") }
    rows += dockerfile.globalArguments.map(row)
    for stage in dockerfile.stages {
        let platform = stage.platform.map { " platform=\($0)" } ?? ""
        rows.append(
            "\(dump(stage.lines)): FROM \(word(stage.base))\(platform) as \(stage.label)\(remark(stage.comments))")
        rows += stage.instructions.map { "  " + row($0) }
    }
    return (rows + dockerfile.warnings.map { "warning \($0)" }).joined(separator: "\n")
}

private func row(_ instruction: Instruction) -> String {
    "\(dump(instruction.lines)): \(dump(instruction.kind))\(remark(instruction.comments))"
}

private func remark(_ comments: [String]) -> String {
    comments.isEmpty ? "" : "  # " + comments.joined(separator: " / ")
}

/// What a target needs.
func dump(_ graph: StageGraph) -> String {
    var rows: [String] = []
    for stage in graph.stages {
        let platform = stage.platform.map { " on \($0)" } ?? ""
        let mark = stage.index == graph.target ? " (target)" : ""
        rows.append("\(stage.index) \(stage.stage.label): \(dump(stage.base))\(platform)\(mark)")
        for (place, instruction) in stage.instructions.enumerated() {
            let source = stage.copySources[place].map { " from \(dump($0))" } ?? ""
            rows.append("  \(row(instruction))\(source)")
        }
    }
    rows += graph.externalReferences.map {
        "reference \(dump($0.source)) by \($0.use) in \($0.stage) line \(dump($0.lines))"
    }
    if graph.readsContext { rows.append("reads the context") }
    return (rows + (graph.scope.warnings + graph.warnings).map { "warning \($0)" }).joined(separator: "\n")
}
