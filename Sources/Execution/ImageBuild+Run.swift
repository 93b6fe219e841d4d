internal import DockerfileFrontend
internal import Jobs
internal import OCI
internal import Sandbox
internal import Storage
internal import SystemPackage

/// RUN: a program in the sandbox.
extension ImageBuild {
    func runCommand(
        _ arguments: [String], network: NetworkMode, plan: MountPlan, state: StageState, step: LayerStep
    ) throws -> StepWork {
        let overlay = try prepareOverlay(state)
        let mounts = try StepMounts(plan, of: self)
        let spec = try spec(arguments, network: network, mounts: mounts, state: state, overlay: overlay)
        let end = try withExtendedLifetime(mounts) {
            try execute(spec, step: step, mask: SecretMask(mounts.secrets), folders: [overlay.upper] + mounts.writable)
        }
        try stores.layers.discard(overlay.work)
        try check(end, command: arguments.joined(separator: " "))
        return StepWork(
            upper: overlay.upper, lowers: overlay.lowers, cpuMilliseconds: end.0.usage.cpuTime.inMilliseconds,
            peakMemoryInBytes: end.0.usage.peakMemoryInBytes)
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

    /// `folders` take what the program writes.
    private func execute(
        _ spec: StepSpec, step: LayerStep, mask: SecretMask, folders: [FilePath]
    ) throws -> (StepExit, StepWatch.Excess?) {
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
            try watch.watching(running, folders: folders) {
                try StepOutputReader(step: step.number, log: log, scheduler: scheduler, mask: mask)
                    .read(stdout: stdout.reading, stderr: stderr.reading)
                return try running.wait()
            }
        }
    }

    private func check(_ end: (exit: StepExit, excess: StepWatch.Excess?), command: String) throws {
        let exit = end.exit
        if end.excess == .disk { throw ExecutionError.overDisk(command: command, limit: job.limits.diskInBytes ?? 0) }
        if exit.code == 0 { return }
        try checkCancellation()
        if exit.ranOutOfMemory || end.excess == .memory {
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
