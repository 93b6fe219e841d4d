internal import DockerfileFrontend
internal import Jobs
internal import OCI
internal import Sandbox
internal import Storage

/// RUN: a program in the sandbox.
extension ImageBuild {
    func runCommand(
        _ arguments: [String], network: NetworkMode, plan: MountPlan, state: StageState, step: LayerStep
    ) throws -> StepWork {
        let overlay = try prepareOverlay(state)
        let mounts = try StepMounts(plan, of: self)
        let spec = try spec(arguments, network: network, mounts: mounts, state: state, overlay: overlay)
        let exit = try withExtendedLifetime(mounts) {
            try execute(spec, step: step, mask: SecretMask(mounts.secrets))
        }
        try stores.layers.discard(overlay.work)
        try check(exit, command: arguments.joined(separator: " "))
        return StepWork(
            upper: overlay.upper, lowers: overlay.lowers, cpuMilliseconds: exit.usage.cpuTime.inMilliseconds,
            peakMemoryInBytes: exit.usage.peakMemoryInBytes)
    }

    /// A program in a state, as its user and with its environment.
    func spec(
        _ arguments: [String], network: NetworkMode, mounts: StepMounts, state: StageState, overlay: Overlay
    ) throws -> StepSpec {
        let identity = try users(of: state).identity(state.config.user ?? "")
        return StepSpec(
            lowers: overlay.lowers, upper: overlay.upper, work: overlay.work, arguments: arguments,
            environment: environment(of: state, identity: identity, mounts: mounts),
            workingDirectory: state.workingDirectory, uid: identity.uid, gid: identity.gid, groups: identity.groups,
            network: StepNetwork(network), hostname: scope.hostname, mounts: mounts.list)
    }

    /// The stage's environment, what comes with mounts, HOME where it is not set, and the proxies that were given as
    /// build arguments.
    private func environment(of state: StageState, identity: Identity, mounts: StepMounts) -> [String] {
        var environment = state.environment
        if environment["HOME"] == nil { environment["HOME"] = identity.home }
        for (name, value) in scope.proxyEnvironment where environment[name] == nil { environment[name] = value }
        mounts.extend(&environment)
        return environment.texts
    }

    private func execute(_ spec: StepSpec, step: LayerStep, mask: SecretMask) throws -> StepExit {
        let stdout = try PipeEnds()
        let stderr = try PipeEnds()
        let running = try zygote.start(spec, stdout: stdout.writingFD, stderr: stderr.writingFD)
        stdout.closeWriting()
        stderr.closeWriting()
        if let note = running.networkNote {
            let isNew = try warnOnce("network: \(note); the host's network is used", line: step.line)
            if isNew { try announce(privateNetwork: .host) }
        }
        return try steps.tracking(running) {
            try StepOutputReader(step: step.number, log: log, scheduler: scheduler, mask: mask)
                .read(stdout: stdout.reading, stderr: stderr.reading)
            return try running.wait()
        }
    }

    private func check(_ exit: StepExit, command: String) throws {
        if exit.code == 0 { return }
        try checkCancellation()
        if exit.ranOutOfMemory {
            throw ExecutionError.outOfMemory(command: command, limit: job.limits.memoryInBytes)
        }
        if let reason = exit.startFailure { throw ExecutionError.commandNotStarted(command: command, reason: reason) }
        throw ExecutionError.commandFailed(command: command, exitCode: exit.code)
    }
}

extension StepNetwork {
    fileprivate init(_ mode: NetworkMode) {
        switch mode {
        case .private: self = .private
        case .host: self = .host
        case .none: self = .none
        }
    }
}
