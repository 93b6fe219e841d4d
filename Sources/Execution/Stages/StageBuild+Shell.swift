internal import DockerfileFrontend
internal import Jobs
internal import OCI
internal import Sandbox

/// A shell instead of an image: `build-all shell`.
extension StageBuild {
    /// Whether the shell is wanted before this very instruction.
    func opensShell(before instruction: Instruction) -> Bool {
        guard let line = image.job.shell?.line else { return false }
        return instruction.lines.contains(line)
    }

    /// Whether the shell is wanted where a step has failed.
    func opensShell(after error: any Error) -> Bool {
        guard image.job.shell != nil, image.job.shell?.line == nil else { return false }
        return (error as? ExecutionError)?.isFailedCommand == true
    }

    /// Opens the shell in the present state, with what `instruction`, if it is a RUN, would have mounted. Returns when it
    /// has ended, with the end of the job.
    func openShell(before instruction: Instruction? = nil) throws -> JobFailure {
        let run = try instruction.flatMap { try runInstruction($0) }
        let plan = try run.map { try mountPlan($0) } ?? MountPlan()
        // The others would write between the shell's lines.
        image.stages.leaveOnly(stage.index)
        image.steps.terminate()
        let place = instruction.map { "before line \($0.lines.lowerBound)" } ?? "in the finished image"
        try image.scheduler.send(
            .progress(
                Progress(activity: "shell \(place); what it changes is not kept", bytesDone: 0, bytesTotal: nil)))
        let reply = try image.scheduler.ask(.terminal)
        guard case .terminal(let isTerminal) = reply.response, let input = reply.descriptors.first else {
            throw ExecutionError.protocolViolation("no terminal where one was asked for")
        }
        let command = image.job.shell?.command ?? []
        let streams = isTerminal ? [input, input, input] : reply.descriptors
        guard streams.count == 3 else { throw ExecutionError.protocolViolation("a terminal without its streams") }
        let exit = try withExtendedLifetime(reply) {
            try image.runShell(
                command.isEmpty ? Array(state.shell.prefix(1)) : command, run: run, plan: plan, of: self,
                streams: streams.map(\.fd), isTerminal: isTerminal)
        }
        return .shellEnded(exitCode: exit.code)
    }

    /// A RUN that may be run, its words expanded.
    private func runInstruction(_ instruction: Instruction) throws -> RunInstruction? {
        let expanded = try instruction.expanded(by: image.dockerfile.expander) { state.environment[$0] }
        guard case .run(let run) = expanded.kind else { return nil }
        try checkPrivileges(of: run, instruction)
        return run
    }
}

extension ImageBuild {
    fileprivate func runShell(
        _ arguments: [String], run: RunInstruction?, plan: MountPlan, of build: StageBuild, streams: [CInt],
        isTerminal: Bool
    ) throws -> StepExit {
        let identity = try users(of: build.state).identity(build.state.config.user ?? "")
        let mounts = try StepMounts(plan, of: self)
        let network = run.map { $0.network.mode(else: job.network) } ?? job.network
        let (exit, _) = try withExtendedLifetime(mounts) {
            try roots.run(on: build.state.layers, mounts: mounts.list, hostname: scope.hostname) { place in
                let spec = spec(
                    arguments, identity, network: network, mounts: mounts, state: build.state, place: place)
                return try zygote.start(
                    spec, stdin: streams[0], stdout: streams[1], stderr: streams[2], isTerminal: isTerminal
                ).wait()
            }
        }
        if let reason = exit.startFailure {
            throw ExecutionError.commandNotStarted(command: arguments.joined(separator: " "), reason: reason)
        }
        return exit
    }
}
