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
        let document = try Array(JSONEncoder().encode(job))
        var limits = ResourceLimits()
        limits.memoryInBytes = job.limits.memoryInBytes
        limits.processes = job.limits.pids
        limits.processors = job.limits.cpus
        let process = try await BlockingWork.run { [executable, rung, stateFolder, limits] in
            try ExecutorProcess.spawn(
                executable: executable, job: document, rung: rung, stateFolder: stateFolder, limits: limits)
        }
        return SandboxedExecutor(process: process)
    }
}

private struct SandboxedExecutor: RunningExecutor {
    let process: ExecutorProcess

    var socket: CInt { process.socket.fd }
    var exitDescriptor: CInt { process.pidfd }
    var warnings: [String] { process.limitWarnings }

    func receive() throws -> ExecutorArrival {
        switch try process.socket.receiveArrived() {
        case .message(let message): .message(message)
        case .nothingYet: .nothingYet
        case .end: .end
        }
    }

    func send(_ message: [UInt8]) throws {
        do {
            try process.socket.send(message)
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
        if let signal = exit.signal { return ExecutorEnd(.signalled(Int32(signal)), usage: usage) }
        return ExecutorEnd(.exited(Int32(exit.code ?? 0)), usage: usage)
    }
}
