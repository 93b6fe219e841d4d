internal import CSandbox
internal import Glibc
internal import SystemPackage

/// The single-threaded process that starts the steps of this executor.
public struct StepZygote: Sendable {
    let stateFolder: FilePath
    let outOfMemoryCounter: OutOfMemoryCounter

    /// Starts a step; several may run at once. Returns when its process exists, before its sandbox is built.
    ///
    /// `stdout` and `stderr` stay the caller's; pipes become the step's user's, so that it can open /dev/stdout again.
    /// The first step with a private network also starts the stack, which takes some 20 ms.
    /// Throws `outsideStateFolder`, `containsNUL`, or the call that failed; ECANCELED after the job was cancelled.
    public func start(
        _ spec: StepSpec, stdin: CInt? = nil, stdout: CInt, stderr: CInt, isTerminal: Bool = false
    ) throws -> RunningStep {
        guard spec.mounts.isEmpty, stdin == nil, !isTerminal else {
            throw SandboxError.systemCall("mount", path: spec.mounts.first?.target ?? "", errno: ENOSYS)
        }
        let kills = outOfMemoryCounter.value
        var started = csb_step_started()
        var failure = csb_failure()
        let reply = try withRequest(spec) { request in
            withUnsafePointer(to: request) { csb_step_start($0, stdout, stderr, &started, &failure) }
        }
        guard reply >= 0 else { throw failure.asError }
        return RunningStep(
            spec: spec, started: started, reply: reply, counter: outOfMemoryCounter, killsBefore: kills)
    }

    private func withRequest<Result>(
        _ spec: StepSpec, _ body: (csb_step_request) throws -> Result
    ) throws -> Result {
        let single = [try relative(spec.upper), try relative(spec.work), spec.workingDirectory, spec.hostname]
        let lists = [try spec.lowers.map(relative), spec.arguments, spec.environment, single]
        return try withCStringLists(lists) { lists in
            guard let upper = lists[3][0], let work = lists[3][1], let directory = lists[3][2], let name = lists[3][3]
            else { throw SandboxError.malformedMessage }
            return try spec.groups.withUnsafeBufferPointer { groups in
                try body(
                    csb_step_request(
                        uid: spec.uid, gid: spec.gid, network: spec.network.code, groups: groups.baseAddress,
                        group_count: groups.count, lowers: lists[0], upper: upper, work: work, arguments: lists[1],
                        environment: lists[2], working_directory: directory, host_name: name))
            }
        }
    }

    private func relative(_ path: FilePath) throws -> String {
        var path = path.lexicallyNormalized()
        guard path.removePrefix(stateFolder), !path.isEmpty else {
            throw SandboxError.outsideStateFolder(path: path.string, stateFolder: stateFolder.string)
        }
        return path.string
    }
}
