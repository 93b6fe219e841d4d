internal import DockerfileFrontend
internal import Jobs
internal import OCI

/// RUN.
extension StageBuild {
    func perform(_ run: RunInstruction, _ instruction: Instruction) throws {
        try checkPrivileges(of: run, instruction)
        let plan = try mountPlan(run)
        let arguments = run.command.arguments(shell: state.shell)
        let network = run.network.mode(else: image.job.network)
        var key = key(instruction)
        key.add("command", arguments)
        addVariables(to: &key)
        key.add("user", state.config.user ?? "")
        key.add("working directory", state.workingDirectory)
        key.add("network", network.rawValue)
        if image.scope.namesHost { key.add("host name", image.scope.hostname) }
        if !image.scope.cacheNamespace.isEmpty { key.add("cache namespace", image.scope.cacheNamespace) }
        plan.addKey(to: &key)
        // An ENV of the same name shows, whether or not the argument has a value.
        let declared = state.arguments.map { ($0.name, state.environment[$0.name]) }
        let createdBy = HistoryText.run(arguments, declared: declared)
        let step = step(instruction, key: key, createdBy: createdBy)
        try image.runner.perform(step, on: &state) { [state] in
            try image.runCommand(arguments, network: network, plan: plan, state: state, step: step)
        }
    }

    /// Everything that the step sees, in its order, but for proxies that ARG declares: which way the network is reached is
    /// no input.
    private func addVariables(to key: inout StepKey) {
        let constants = EnvironmentList(state.config.env ?? [])
        let declared = Set(state.arguments.map(\.name))
        for (name, value) in state.environment.entries {
            let isArgument = declared.contains(name) && constants[name] == nil
            if isArgument, GlobalScope.isProxy(name) { continue }
            key.add("variable \(name)", value)
            if isArgument { key.note("argument \(name)", "") }
        }
    }

    /// What a step asks for beyond a sandbox and files.
    func checkPrivileges(of run: RunInstruction, _ instruction: Instruction) throws {
        if run.security == .insecure {
            throw ExecutionError.refused("RUN --security=insecure is refused: build-all never gives a step privileges")
        }
        let mayUseHost = image.job.network == .host || image.job.entitlements.contains("network.host")
        if run.network == .host, !mayUseHost {
            throw ExecutionError.refused(
                "RUN --network=host is refused: \"entitlements: [network.host]\" in the image's manifest entry allows it"
            )
        }
        for device in run.devices {
            guard !device.isRequired else {
                throw ExecutionError.refused("device \(device.name) is not there: build-all gives steps no devices")
            }
            let message = "device \(device.name) is not there: build-all gives steps no devices"
            try image.scheduler.send(.warning(Warning(message: message, line: instruction.lines.lowerBound)))
        }
    }
}

extension RunInstruction.Network {
    func mode(else fallback: NetworkMode) -> NetworkMode {
        switch self {
        case .default: fallback
        case .none: .none
        case .host: .host
        }
    }
}
