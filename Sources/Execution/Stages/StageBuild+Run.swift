internal import DockerfileFrontend
internal import Jobs
internal import OCI

/// RUN.
extension StageBuild {
    func perform(_ run: RunInstruction, _ instruction: Instruction) throws {
        if !run.mounts.isEmpty { throw ExecutionError.notServed("RUN --mount") }
        if run.script != nil { throw ExecutionError.notServed("a heredoc with #!") }
        if run.security == .insecure { throw ExecutionError.notServed("RUN --security") }
        if !run.devices.isEmpty { throw ExecutionError.notServed("RUN --device") }
        let arguments = run.command.arguments(shell: state.shell)
        let network = run.network.mode(else: image.job.network)
        var key = key(instruction)
        key.add("command", arguments)
        key.add("environment", state.environment.texts)
        key.add("user", state.config.user ?? "")
        key.add("working directory", state.workingDirectory)
        key.add("network", network.rawValue)
        let declared = state.arguments.map { ($0.name, $0.value == nil ? nil : state.environment[$0.name]) }
        let createdBy = HistoryText.run(arguments, declared: declared)
        let step = step(instruction, key: key, createdBy: createdBy)
        try image.runner.perform(step, on: &state) { [state] in
            try image.runCommand(arguments, network: network, state: state, step: step)
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
