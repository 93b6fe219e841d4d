internal import CSandbox
internal import Glibc
internal import Synchronization
public import SystemPackage

/// An executor, as the scheduler sees it.
///
/// The executor and everything it started end with this process, however that ends: a parent-death signal, the lifeline
/// pipe and the executor's pid namespace see to it. Letting go of the object kills and reaps it as well.
public final class ExecutorProcess: Sendable {
    public let pid: Int32
    /// Readable when the executor and all it started are gone. It belongs to this object.
    public let pidfd: CInt
    public let socket: MessageSocket
    /// A sentence for each limit that this machine cannot enforce as asked.
    public let limitWarnings: [String]

    private let rung: Rung
    private let lifeline: CInt
    private let group: ControlGroup?
    private let end = Mutex<ExecutorExit?>(nil)

    /// Starts `executable` in namespaces of its own and returns when they are built.
    ///
    /// `output` gets its stdout and stderr. `stateFolder` must exist, with no symbolic link in its path. Throws the
    /// failed call of either process; then nothing is left behind.
    public static func spawn(
        executable: FilePath,
        job: [UInt8],
        rung: Rung,
        stateFolder: FilePath,
        limits: ResourceLimits = ResourceLimits(),
        output: CInt = 2
    ) throws -> ExecutorProcess {
        var left = limits
        sweepOnce()
        let group = ControlGroup.make(&left, hierarchy: ControlHierarchy())
        do {
            let launch = ExecutorLaunch(executable: executable, rung: rung, stateFolder: stateFolder, output: output)
            let started = try launch.start(job: job, limits: left, group: group)
            return ExecutorProcess(started, rung: rung, group: group, limitWarnings: left.warnings)
        } catch {
            group?.remove()
            throw error
        }
    }

    private init(_ started: ExecutorLaunch.Started, rung: Rung, group: ControlGroup?, limitWarnings: [String]) {
        self.rung = rung
        pid = started.pid
        pidfd = started.pidfd
        socket = started.socket
        lifeline = started.lifeline
        self.group = group
        self.limitWarnings = limitWarnings
    }

    deinit {
        kill()
        close(lifeline)
        _ = try? wait()
        close(pidfd)
    }

    /// Asks the executor to stop (SIGTERM): it sees `isCancelled`, and its steps get SIGTERM, a second later SIGKILL.
    public func terminate() {
        _ = csb_pidfd_send_signal(pidfd, SIGTERM)
    }

    /// Kills the executor and all that it started: its pid namespace takes them along, or its keeper.
    public func kill() {
        _ = csb_pidfd_send_signal(pidfd, csb_kill_signal(rung.code))
    }

    /// Waits for the executor's end, reaps it and removes its control group. Blocks; poll `pidfd` to not block.
    @discardableResult
    public func wait() throws(SandboxError) -> ExecutorExit {
        try end.withLock { end throws(SandboxError) in
            if let end { return end }
            var usage = csb_usage()
            _ = try check(csb_wait(pid, &usage), "wait4")
            let kills = OutOfMemoryCounter(file: group?.outOfMemoryFile ?? "").value
            group?.remove()
            let exit = ExecutorExit(usage, outOfMemoryKills: kills)
            end = exit
            return exit
        }
    }

    /// Removes control groups that killed schedulers left; `spawn` does so once by itself.
    public static func sweepControlGroups() {
        ControlHierarchy().removeStale()
    }

    private static let swept = Mutex(false)

    private static func sweepOnce() {
        let isFirst = swept.withLock { swept in
            defer { swept = true }
            return !swept
        }
        if isFirst { sweepControlGroups() }
    }
}

extension ResourceLimits {
    /// What rlimits can and cannot do for limits that no control group holds.
    fileprivate var warnings: [String] {
        [
            memoryInBytes.map { _ in "no control group for memory: the limit holds for each process, not for their sum"
            },
            processes.map { _ in "no control group for processes: the limit holds for each user of the step" },
            processors.map {
                "no control group for processor time: steps run on \(Int($0.rounded(.up))) of the processors instead"
            },
        ].compactMap(\.self)
    }
}
