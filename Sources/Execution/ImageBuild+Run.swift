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
        let identity = try users(of: state).identity(state.config.user ?? "")
        let mounts = try StepMounts(plan, of: self)
        let (end, work) = try withExtendedLifetime(mounts) {
            try roots.run(on: state.layers, mounts: mounts.list, hostname: scope.hostname) { place in
                let spec = spec(arguments, identity, network: network, mounts: mounts, state: state, place: place)
                let folders = [place.root ?? place.upper] + (place.holdsMounts ? [] : mounts.writable)
                let end = try execute(spec, step: step, mask: SecretMask(mounts.secrets), folders: folders)
                try check(end, command: arguments.joined(separator: " "))
                return end
            }
        }
        var measured = work
        measured.cpuMilliseconds = end.0.usage.cpuTime.inMilliseconds
        measured.peakMemoryInBytes = end.0.usage.peakMemoryInBytes
        return measured
    }

    /// A program in a state, as its user and with its environment; the user is looked up before the root is taken.
    func spec(
        _ arguments: [String], _ identity: Identity, network: NetworkMode, mounts: StepMounts, state: StageState,
        place: StepPlace
    ) -> StepSpec {
        StepSpec(
            lowers: place.lowers, upper: place.upper, work: place.work, arguments: arguments,
            environment: environment(of: state, identity: identity, mounts: mounts),
            workingDirectory: state.workingDirectory, uid: identity.uid, gid: identity.gid, groups: identity.groups,
            network: StepNetwork(network), hostname: scope.hostname, mounts: place.mounts)
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
        if exit.hadTooManyProcesses {
            throw ExecutionError.overProcesses(command: command, limit: job.limits.pids ?? 0)
        }
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
