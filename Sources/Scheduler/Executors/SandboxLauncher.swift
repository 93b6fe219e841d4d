internal import FoundationEssentials
internal import Glibc
public import Jobs
internal import Programs
public import Sandbox
public import SystemPackage

/// Starts executor processes in sandboxes.
public struct SandboxLauncher: ExecutorLaunching {
    private let executable: FilePath
    private let rung: Rung
    private let stateFolder: FilePath
    private var kept: (paths: [String], contexts: [String]) = ([], [])

    /// - Parameters:
    ///   - executable: the path of `build-all-executor`.
    ///   - rung: what `probeRungs` found to work here.
    ///   - stateFolder: without symbolic links in its path.
    public init(executable: FilePath, rung: Rung, stateFolder: FilePath) {
        self.executable = executable
        self.rung = rung
        self.stateFolder = stateFolder
    }

    /// Whether images are built in the root of the container, one after the other.
    public var isInPlace: Bool { rung == .inplace }

    /// One that builds in place leaves these as they are: absolute paths. `contexts`: those that are folders of images.
    public func keeping(_ paths: [String], contexts: [String]) -> SandboxLauncher {
        var launcher = self
        launcher.kept = (paths + [executable.removingLastComponent().string, stateFolder.string], contexts)
        return launcher
    }

    public func launch(_ job: Job) async throws -> any RunningExecutor {
        var limits = ResourceLimits()
        limits.memoryInBytes = job.limits.memoryInBytes
        limits.processes = job.limits.pids
        limits.processors = job.limits.cpus
        var job = isInPlace ? try job.withRealPaths() : job
        (job.keptPaths, job.contextPaths) = kept
        let (process, mark) = try await spawn(.build(job), limits)
        return SandboxedExecutor(process: process, mark: mark)
    }

    /// Removes from `tmp/` what belongs to subordinate ids, which only a process in their user namespace may.
    public func sweep() async throws { try await finish(.sweep, "sweep the state folder") }

    /// Removes things of the store that only a process in the user namespace of subordinate ids may; names are relative
    /// to the state folder.
    public func remove(_ names: [String]) async throws { try await finish(.remove(names), "remove what was pruned") }

    /// Unpacks layers whose blobs are in the store, with the owners that steps will see.
    public func unpack(_ stack: LayerStack) async throws { try await finish(.unpack(stack), "unpack an image") }

    private func finish(_ task: ExecutorTask, _ doing: String) async throws {
        let (process, mark) = try await spawn(task, ResourceLimits())
        let exit = try await BlockingWork.run {
            defer { mark.ended() }
            return try process.wait()
        }
        guard exit.code == 0 else {
            let text = "the executor could not \(doing), see its message above"
            throw JobFailure(class: .host, message: text, summary: text)
        }
    }

    /// The mark: as long as it has not ended the process may still load what it needs.
    private func spawn(
        _ task: ExecutorTask, _ limits: ResourceLimits
    ) async throws -> (ExecutorProcess, RunningMark) {
        let mark = try enter()
        let document = try Array(JSONEncoder().encode(task))
        let process = try await BlockingWork.run { [executable, rung, stateFolder] in
            try ExecutorProcess.spawn(
                executable: executable, job: document, rung: rung, stateFolder: stateFolder, limits: limits)
        }
        return (process, mark)
    }

    private func enter() throws -> RunningMark {
        if isInPlace, access(inPlaceFolder, F_OK) == 0 {
            let text =
                "a build in place was killed in this container, whose files are still those of its image: throw it away"
            throw JobFailure(class: .host, message: text, summary: text)
        }
        do {
            return try ProgramBarrier.ofProcess.enter(executable.string)
        } catch {
            throw JobFailure(class: .host, message: "\(error)", summary: "\(error)")
        }
    }
}

private struct SandboxedExecutor: RunningExecutor {
    let process: ExecutorProcess
    let mark: RunningMark

    var socket: CInt { process.socket.fd }
    var exitDescriptor: CInt { process.pidfd }
    var warnings: [String] { process.limitWarnings }

    func receive() throws -> ExecutorArrival {
        switch try process.socket.receiveArrived() {
        case .message(let message):
            // Who speaks has loaded what it needs, and from then on starts steps only.
            mark.ended()
            return .message(message.bytes)
        case .nothingYet: return .nothingYet
        case .end: return .end
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
        defer { mark.ended() }
        let exit = try process.wait()
        let usage = ResourceUsage(
            cpuMilliseconds: exit.usage.cpuTime / .milliseconds(1), peakMemoryInBytes: exit.usage.peakMemoryInBytes)
        if let signal = exit.signal {
            return ExecutorEnd(.signalled(Int32(signal)), usage: usage, ranOutOfMemory: exit.outOfMemoryKills > 0)
        }
        return ExecutorEnd(.exited(Int32(exit.code ?? 0)), usage: usage)
    }
}
