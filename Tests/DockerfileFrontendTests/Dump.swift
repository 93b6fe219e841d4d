import DockerfileFrontend

/// One line for what an instruction says.
func dump(_ kind: InstructionKind) -> String {
    switch kind {
    case .run(let run): dump(run)
    case .copy(let copy): dump(copy)
    case .add(let add): dump(add)
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

private func dump(_ run: RunInstruction) -> String {
    "run " + dump(run.command) + (run.network == .default ? "" : " network=\(run.network)")
        + (run.security == .sandbox ? "" : " security=\(run.security)")
        + (run.script.map { " script " + dump($0) } ?? "")
        + run.mounts.map { " mount " + dump($0) }.joined()
        + run.devices.map { " device \(word($0.name))\($0.isRequired ? " required" : "")" }.joined()
}

private func dump(_ copy: CopyInstruction) -> String {
    "copy " + flags([("from", copy.from), ("chown", copy.owner), ("chmod", copy.mode)])
        + marks([("link", copy.isLink), ("parents", copy.keepsParents)]) + excludes(copy.excludes)
        + words(copy.sources) + copy.heredocs.map { " " + dump($0) }.joined() + " -> " + word(copy.destination)
}

private func dump(_ add: AddInstruction) -> String {
    "add " + flags([("chown", add.owner), ("chmod", add.mode), ("checksum", add.checksum)])
        + flags([("unpack", add.unpacks.map { "\($0)" }), ("keep-git-dir", add.keepsGitFolder.map { "\($0)" })])
        + marks([("link", add.isLink)]) + excludes(add.excludes)
        + words(add.sources) + add.heredocs.map { " " + dump($0) }.joined() + " -> " + word(add.destination)
}

/// A body that is no UTF-8 is shown with U+FFFD.
private func dump(_ heredoc: Heredoc) -> String {
    "<<\(heredoc.stripsTabs ? "-" : "")\(heredoc.isExpanded ? "" : "'")\(heredoc.name) "
        + word(String(decoding: heredoc.body, as: UTF8.self))
}

/// Only what is not nil or said by the kind.
func dump(_ mount: RunMount) -> String {
    var parts = [mount.kind.rawValue]
    let texts = [
        ("target", mount.target), ("source", mount.source), ("from", mount.from), ("id", mount.id),
        ("env", mount.environment),
    ]
    parts += texts.compactMap { name, value in value.map { "\(name)=\(word($0))" } }
    parts.append(mount.isReadOnly ? "ro" : "rw")
    if mount.kind == .cache { parts.append(mount.sharing.rawValue) }
    parts += [("uid", mount.uid), ("gid", mount.gid)].compactMap { name, id in id.map { "\(name)=\($0)" } }
    if let mode = mount.mode { parts.append("mode=" + String(mode, radix: 8)) }
    if let size = mount.sizeInBytes { parts.append("size=\(size)") }
    if mount.isRequired { parts.append("required") }
    return parts.joined(separator: " ")
}

func dump(_ source: AddSource) -> String {
    switch source {
    case .path(let path): "path " + word(path)
    case .url(let url): "url " + word(url)
    case .git(let git): dump(git)
    }
}

private func dump(_ git: GitSource) -> String {
    let texts = [("ref", git.reference), ("folder", git.subfolder), ("commit", git.commit)]
    let parts = texts.compactMap { name, value in value.map { "\(name)=\(word($0))" } }
    let marks = [
        (git.keepsGitFolder == true, "keep"), (git.keepsGitFolder == false, "drop"),
        (!git.fetchesSubmodules, "no submodules"), (git.usesCommitTime, "commit time"),
        (git.fetchesByCommit, "by commit"),
    ]
    return (["git " + word(git.remote)] + parts + marks.filter(\.0).map(\.1)).joined(separator: " ")
}

func dump(_ epoch: SourceDateEpoch) -> String {
    switch epoch {
    case .seconds(let seconds): "\(seconds)"
    case .context: "context"
    case .namedContext(let key): "named context \(key)"
    case .source(let source, let checksum): dump(source) + (checksum.map { " checksum=" + word($0) } ?? "")
    }
}

private func marks(_ marks: [(String, Bool)]) -> String {
    marks.map { name, isSet in isSet ? name + " " : "" }.joined()
}

private func excludes(_ patterns: [String]) -> String { patterns.isEmpty ? "" : "exclude=\(words(patterns)) " }

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
            let mounts = (stage.mountSources[place] ?? [:]).sorted { $0.key < $1.key }
                .map { " mount \($0.key) from \(dump($0.value))" }.joined()
            rows.append("  \(row(instruction))\(source)\(mounts)")
        }
    }
    rows += graph.externalReferences.map {
        "reference \(dump($0.source)) by \($0.use) in \($0.stage) line \(dump($0.lines))"
    }
    if graph.readsContext { rows.append("reads the context") }
    let report = graph.lint()
    rows += report.errors.map { "error \($0) (line \(dump($0.lines ?? 0...0)))" }
    return (rows + report.warnings.map { "warning \($0)" }).joined(separator: "\n")
}
