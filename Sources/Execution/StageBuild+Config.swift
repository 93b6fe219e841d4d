internal import DockerfileFrontend
internal import OCI

/// Instructions that change the config alone.
extension StageBuild {
    func configure(_ instruction: Instruction) throws {
        switch instruction.kind {
        case .env(let pairs): try setEnvironment(pairs, instruction)
        case .label(let pairs): try setLabels(pairs, instruction)
        case .user(let text): try setUser(text, instruction)
        case .expose(let words): try expose(words, instruction)
        case .volume(let words): try addVolumes(words, instruction)
        case .stopSignal(let text): try setStopSignal(text, instruction)
        case .cmd(let form): try setCommand(form)
        case .entrypoint(let form): try setEntrypoint(form)
        case .shell(let words): try setShell(words)
        case .healthcheck(let check): try setHealthcheck(check)
        case .maintainer(let name): try setMaintainer(name)
        case .onbuild(let trigger): state.config.onBuild = (state.config.onBuild ?? []) + [trigger]
        default: throw ExecutionError.protocolViolation("\(instruction.keyword.rawValue) is no config instruction")
        }
    }

    private func setEnvironment(_ pairs: [KeyValue], _ instruction: Instruction) throws {
        // All words see the environment from before the instruction.
        let expanded = try pairs.map {
            (try expand($0.key, instruction), try expand($0.value, instruction))
        }
        for (name, value) in expanded {
            guard !name.isEmpty else { throw ExecutionError.invalidArgument("ENV names can not be blank") }
            state.set(environment: name, to: value)
        }
        try addHistory("ENV " + expanded.map { "\($0)=\($1)" }.joined(separator: " "))
    }

    private func setLabels(_ pairs: [KeyValue], _ instruction: Instruction) throws {
        let expanded = try pairs.map {
            (try expand($0.key, instruction), try expand($0.value, instruction))
        }
        for (name, value) in expanded {
            guard !name.isEmpty else { throw ExecutionError.invalidArgument("LABEL names can not be blank") }
            state.config.labels = (state.config.labels ?? [:]).merging([name: value]) { $1 }
        }
        try addHistory("LABEL " + expanded.map { "\($0)=\($1)" }.joined(separator: " "))
    }

    private func setUser(_ text: String, _ instruction: Instruction) throws {
        let user = try expand(text, instruction)
        state.config.user = user
        try addHistory("USER \(user)")
    }

    private func expose(_ words: [String], _ instruction: Instruction) throws {
        let ports = try words.flatMap { try expansion($0, instruction).words }.flatMap { try ExposedPort.parse($0) }
        var exposed = state.config.exposedPorts ?? [:]
        for port in ports { exposed[port.description] = ImageConfig.Empty() }
        state.config.exposedPorts = exposed
        try addHistory("EXPOSE [\(ports.map(\.description).sorted().joined(separator: " "))]")
    }

    private func addVolumes(_ words: [String], _ instruction: Instruction) throws {
        let paths = try words.map { try expand($0, instruction) }
        var volumes = state.config.volumes ?? [:]
        for path in paths {
            guard !path.isEmpty else {
                throw ExecutionError.invalidArgument("VOLUME specified can not be an empty string")
            }
            volumes[path] = ImageConfig.Empty()
        }
        state.config.volumes = volumes
        try addHistory("VOLUME [\(paths.joined(separator: " "))]")
    }

    private func setStopSignal(_ text: String, _ instruction: Instruction) throws {
        let signal = try expand(text, instruction)
        try StopSignal.check(signal)
        state.config.stopSignal = signal
        try addHistory("STOPSIGNAL \(signal)")
    }

    private func setCommand(_ form: CommandForm) throws {
        let command = form.arguments(shell: state.shell)
        state.config.cmd = command
        state.setsCommand = true
        try addHistory("CMD \(HistoryText.list(command))")
    }

    private func setEntrypoint(_ form: CommandForm) throws {
        let entrypoint = form.arguments(shell: state.shell)
        state.config.entrypoint = entrypoint
        if !state.setsCommand { state.config.cmd = nil }
        try addHistory("ENTRYPOINT \(HistoryText.list(entrypoint))")
    }

    private func setShell(_ words: [String]) throws {
        state.config.shell = words
        try addHistory("SHELL [\(words.joined(separator: " "))]")
    }

    private func setHealthcheck(_ check: HealthCheck) throws {
        var healthcheck = ImageConfig.Healthcheck(test: check.test)
        func set(_ duration: GoDuration) -> Int64? { duration == .zero ? nil : duration.nanoseconds }
        healthcheck.interval = set(check.interval)
        healthcheck.timeout = set(check.timeout)
        healthcheck.startPeriod = set(check.startPeriod)
        healthcheck.startInterval = set(check.startInterval)
        healthcheck.retries = check.retries == 0 ? nil : check.retries
        state.config.healthcheck = healthcheck
        try addHistory(HistoryText.healthcheck(check))
    }

    private func setMaintainer(_ name: String) throws {
        state.author = name
        try addHistory("MAINTAINER \(name)")
    }
}
