internal import FoundationEssentials
public import Jobs
public import Sandbox
public import SystemPackage

/// Starts executor processes in sandboxes.
public struct SandboxLauncher: ExecutorLaunching {
    private let executable: FilePath
    private let rung: Rung
    private let stateFolder: FilePath

    /// - Parameters:
    ///   - executable: the path of `build-all-executor`.
    ///   - rung: what `probeRungs` found to work here.
    ///   - stateFolder: without symbolic links in its path.
    public init(executable: FilePath, rung: Rung, stateFolder: FilePath) {
        self.executable = executable
        self.rung = rung
        self.stateFolder = stateFolder
    }

    public func launch(_ job: Job) async throws -> any RunningExecutor {
        var limits = ResourceLimits()
        limits.memoryInBytes = job.limits.memoryInBytes
        limits.processes = job.limits.pids
        limits.processors = job.limits.cpus
        return SandboxedExecutor(process: try await spawn(.build(job), limits))
    }

    /// Removes from `tmp/` what belongs to subordinate ids, which only a process in their user namespace may.
    public func sweep() async throws { try await finish(.sweep, "sweep the state folder") }

    /// Removes things of the store that only a process in the user namespace of subordinate ids may; names are relative
    /// to the state folder.
    public func remove(_ names: [String]) async throws { try await finish(.remove(names), "remove what was pruned") }

    /// Unpacks layers whose blobs are in the store, with the owners that steps will see.
    public func unpack(_ stack: LayerStack) async throws { try await finish(.unpack(stack), "unpack an image") }

    private func finish(_ task: ExecutorTask, _ doing: String) async throws {
        let process = try await spawn(task, ResourceLimits())
        let exit = try await BlockingWork.run { try process.wait() }
        guard exit.code == 0 else {
            let text = "the executor could not \(doing), see its message above"
            throw JobFailure(class: .host, message: text, summary: text)
        }
    }

    private func spawn(_ task: ExecutorTask, _ limits: ResourceLimits) async throws -> ExecutorProcess {
        let document = try Array(JSONEncoder().encode(task))
        return try await BlockingWork.run { [executable, rung, stateFolder] in
            try ExecutorProcess.spawn(
                executable: executable, job: document, rung: rung, stateFolder: stateFolder, limits: limits)
        }
    }
}

private struct SandboxedExecutor: RunningExecutor {
    let process: ExecutorProcess

    var socket: CInt { process.socket.fd }
    var exitDescriptor: CInt { process.pidfd }
    var warnings: [String] { process.limitWarnings }

    func receive() throws -> ExecutorArrival {
        switch try process.socket.receiveArrived() {
        case .message(let message): .message(message.bytes)
        case .nothingYet: .nothingYet
        case .end: .end
        }
    }

    func send(_ message: [UInt8], descriptors: [CInt]) throws {
        do {
            try process.socket.send(message, descriptors: descriptors)
        } catch SandboxError.connectionClosed {
            return
        }
    }

    func terminate() { process.terminate() }
    func kill() { process.kill() }

    func reap() throws -> ExecutorEnd {
        let exit = try process.wait()
        let usage = ResourceUsage(
            cpuMilliseconds: exit.usage.cpuTime / .milliseconds(1), peakMemoryInBytes: exit.usage.peakMemoryInBytes)
        if let signal = exit.signal {
            return ExecutorEnd(.signalled(Int32(signal)), usage: usage, ranOutOfMemory: exit.outOfMemoryKills > 0)
        }
        return ExecutorEnd(.exited(Int32(exit.code ?? 0)), usage: usage)
    }
}
