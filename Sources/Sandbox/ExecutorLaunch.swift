internal import CSandbox
internal import Glibc
internal import SystemPackage

/// The descriptors and strings of one spawn.
struct ExecutorLaunch {
    let executable: FilePath
    let rung: Rung
    let stateFolder: FilePath
    let output: CInt

    struct Started {
        let pid: Int32
        let pidfd: CInt
        let socket: MessageSocket
        let lifeline: CInt
    }

    /// Limits here are those that no control group holds.
    func start(job: [UInt8], limits: ResourceLimits, group: ControlGroup?) throws -> Started {
        let maps = try IDMaps(for: rung)
        let memory = try makeJob(job, limits: limits, group: group)
        defer { close(memory) }
        var ours: CInt = -1
        var theirs: CInt = -1
        _ = try check(csb_socket_pair(&ours, &theirs), "socketpair")
        let socket = MessageSocket(owning: ours)
        defer { close(theirs) }
        let lifeline = try FileDescriptor.pipe(options: .closeOnExec)
        defer { try? lifeline.readEnd.close() }
        do {
            let (pid, pidfd) = try spawn(maps, group: group) { request in
                request.job_fd = memory
                request.socket_fd = theirs
                request.lifeline_fd = lifeline.readEnd.rawValue
            }
            return Started(pid: pid, pidfd: pidfd, socket: socket, lifeline: lifeline.writeEnd.rawValue)
        } catch {
            try lifeline.writeEnd.close()
            throw error
        }
    }

    private func spawn(
        _ maps: IDMaps, group: ControlGroup?, fill: (inout csb_spawn_request) -> Void
    ) throws -> (Int32, CInt) {
        var pidfd: CInt = -1
        var failure = csb_failure()
        let pid = try withCStringLists([[executable.string], group?.processFiles ?? []]) { lists in
            guard let path = lists[0][0] else { throw SandboxError.malformedMessage }
            return try maps.withMaps { maps in
                var request = csb_spawn_request(
                    executable: path, rung: rung.code, job_fd: -1, socket_fd: -1, lifeline_fd: -1, output_fd: output,
                    maps: maps, group_files: lists[1])
                fill(&request)
                return csb_spawn(&request, &pidfd, &failure)
            }
        }
        guard pid >= 0 else { throw failure.asError }
        return (pid, pidfd)
    }

    private func makeJob(_ job: [UInt8], limits: ResourceLimits, group: ControlGroup?) throws -> CInt {
        try withCStringLists([[stateFolder.string, group?.outOfMemoryFile ?? ""]]) { lists in
            guard let state = lists[0][0], let counter = lists[0][1] else { throw SandboxError.malformedMessage }
            var settings = csb_job_settings(
                rung: rung.code, data_limit: UInt64(limits.memoryInBytes ?? 0),
                process_limit: UInt64(limits.processes ?? 0),
                processor_limit: UInt32(clamping: Int((limits.processors ?? 0).rounded(.up))), state_folder: state,
                oom_file: counter)
            return try check(csb_make_job(&settings, job, job.count), "memfd_create")
        }
    }
}
