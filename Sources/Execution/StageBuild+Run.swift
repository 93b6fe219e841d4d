internal import DockerfileFrontend
internal import Jobs
internal import OCI
internal import Sandbox

/// RUN.
extension StageBuild {
    func perform(_ run: RunInstruction, _ instruction: Instruction) throws {
        let arguments = run.command.arguments(shell: state.shell)
        let network = run.network.mode(else: image.job.network)
        var key = StepKey(kind: "RUN", platform: state.platform)
        key.add("parent layers", state.diffIDs.map(\.description))
        key.add("command", arguments)
        key.add("environment", state.environment.texts)
        key.add("user", state.config.user ?? "")
        key.add("working directory", state.workingDirectory)
        key.add("network", network.rawValue)
        let step = image.step(
            instruction, of: self, key: key, createdBy: HistoryText.run(arguments, arguments: historyArguments))
        try image.runner.perform(step, on: &state) { [state] in
            try image.runCommand(arguments, network: network, state: state, step: step)
        }
    }

    /// The arguments declared so far with the values that RUN sees.
    private var historyArguments: [String] {
        state.arguments.compactMap { argument in
            guard argument.value != nil else { return nil }
            return "\(argument.name)=\(state.environment[argument.name] ?? "")"
        }
    }
}

extension RunInstruction.Network {
    fileprivate func mode(else fallback: NetworkMode) -> NetworkMode {
        switch self {
        case .default: fallback
        case .none: .none
        case .host: .host
        }
    }
}
