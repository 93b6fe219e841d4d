internal import DockerfileFrontend
internal import OCI

/// Instructions that change the config alone; their words are expanded.
extension StageBuild {
    func configure(_ kind: InstructionKind) throws {
        switch kind {
        case .env(let pairs): try setEnvironment(pairs)
        case .label(let pairs): try setLabels(pairs)
        case .user(let user):
            state.config.user = user
            try addHistory(HistoryText.user(user))
        case .expose(let words): try expose(words)
        case .volume(let paths):
            state.config.volumes = paths.reduce(into: state.config.volumes ?? [:]) { $0[$1] = ImageConfig.Empty() }
            try addHistory(HistoryText.volume(paths))
        case .stopSignal(let signal):
            state.config.stopSignal = signal
            try addHistory(HistoryText.stopSignal(signal))
        case .cmd(let form): try setCommand(form)
        case .entrypoint(let form): try setEntrypoint(form)
        case .shell(let words):
            state.config.shell = words
            try addHistory(HistoryText.shell(words))
        case .healthcheck(let check): try setHealthcheck(check)
        case .maintainer(let name):
            state.author = name
            try addHistory(HistoryText.maintainer(name))
        case .onbuild(let trigger): state.config.onBuild = (state.config.onBuild ?? []) + [trigger]
        case .run, .copy, .add, .workdir, .arg:
            preconditionFailure("these instructions do more than change the config")
        }
    }

    private func setEnvironment(_ pairs: [KeyValue]) throws {
        for pair in pairs {
            guard !pair.key.isEmpty else { throw ExecutionError.invalidArgument("ENV names can not be blank") }
            state.set(environment: pair.key, to: pair.value)
        }
        try addHistory(HistoryText.env(pairs))
    }

    private func setLabels(_ pairs: [KeyValue]) throws {
        for pair in pairs {
            guard !pair.key.isEmpty else { throw ExecutionError.invalidArgument("LABEL names can not be blank") }
            state.config.labels = (state.config.labels ?? [:]).merging([pair.key: pair.value]) { $1 }
        }
        try addHistory(HistoryText.label(pairs))
    }

    private func expose(_ words: [String]) throws {
        let ports = try words.flatMap { try ExposedPort.parse($0) }
        state.config.exposedPorts = ports.reduce(into: state.config.exposedPorts ?? [:]) {
            $0[$1.description] = ImageConfig.Empty()
        }
        try addHistory(HistoryText.expose(ports))
    }

    private func setCommand(_ form: CommandForm) throws {
        let command = form.arguments(shell: state.shell)
        state.config.cmd = command
        state.setsCommand = true
        try addHistory(HistoryText.cmd(command))
    }

    private func setEntrypoint(_ form: CommandForm) throws {
        let entrypoint = form.arguments(shell: state.shell)
        state.config.entrypoint = entrypoint
        if !state.setsCommand { state.config.cmd = nil }
        try addHistory(HistoryText.entrypoint(entrypoint))
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
}
