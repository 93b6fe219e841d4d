internal import Jobs

/// What can go wrong while an instruction runs; the instruction's place is added by whoever ran it.
enum ExecutionError: Error, Equatable {
    case unknownUser(String)
    case unknownGroup(String)
    case sourceNotFound(String)
    case sourceIgnored(String)
    case sourceChanged(String)
    case copyOverDirectory(String)
    case copyOntoNonDirectory(String)
    case tooManyLinks(String)
    case tooManyLayers(most: Int)
    case noContext
    case commandFailed(command: String, exitCode: Int)
    case commandKilled(command: String, signal: Int)
    /// The same step on the same inputs, in an earlier build.
    case failedBefore(step: String)
    case outOfMemory(command: String, limit: Int64?)
    /// All steps of the image together, in bytes; `command` was ended for it.
    case overDisk(command: String?, limit: Int64)
    case overProcesses(command: String, limit: Int)
    case commandNotStarted(command: String, reason: String)
    case cancelled
    /// A step that the cache has not, where nothing is to run.
    case wouldRun(step: Int)
    case invalidArgument(String)
    /// A thing that no manifest, or not this one, lets a step do.
    case refused(String)
    case secretNotFound(String)
    case secretIsNoText(String, variable: String)
    case agentNotFound(String)
    case imageUnavailable(JobFailure)
    case rootfsTargetInUse(String)
    case protocolViolation(String)
}

extension ExecutionError: CustomStringConvertible {
    var description: String {
        switch self {
        case .unknownUser(let name): "unable to find user \(name): no matching entries in passwd file"
        case .unknownGroup(let name): "unable to find group \(name): no matching entries in group file"
        case .sourceNotFound(let path): "\"\(path)\": not found"
        case .sourceIgnored(let path): "\"\(path)\": not found: the ignore file excludes it"
        case .sourceChanged(let path):
            "\"\(path)\" changed while it was copied: build again when nothing writes to the context"
        case .copyOverDirectory(let path): "cannot replace to directory \(path) with file"
        case .copyOntoNonDirectory(let path): "cannot copy to non-directory: \(path)"
        case .tooManyLinks(let path): "too many symbolic links on the way to \(path)"
        case .tooManyLayers(let most):
            "the stage has more than \(most) layers, which the kernel cannot mount: join some of its instructions"
        case .noContext: "the image has no build context: its manifest entry names none"
        case .commandFailed(let command, let exitCode):
            "process \"\(command)\" did not complete successfully: exit code: \(exitCode)"
        case .commandKilled(let command, let signal):
            "process \"\(command)\" did not complete successfully: killed by signal \(signal)"
        case .failedBefore(let step): "\(step) failed when it was built last"
        case .outOfMemory(let command, let limit):
            "process \"\(command)\" ran out of memory" + (limit.map { " (limits.memory is \($0) bytes)" } ?? "")
        case .overDisk(let command, let limit):
            (command.map { "process \"\($0)\" was ended: " } ?? "")
                + "the steps of the image wrote more than \(limit) bytes to the disk (limits.disk)"
        case .overProcesses(let command, let limit):
            "process \"\(command)\" was ended: it had more than \(limit) processes (limits.pids)"
        case .commandNotStarted(let command, let reason):
            "process \"\(command)\" could not be started: \(reason)"
        case .cancelled: "cancelled"
        case .wouldRun(let step): "step \(step) would run"
        case .invalidArgument(let reason), .refused(let reason): reason
        case .secretNotFound(let id): "secret \(id): not found: the image's manifest entry gives it no such secret"
        case .secretIsNoText(let id, let variable):
            "secret \(id) cannot be the variable \(variable): it is no text (UTF-8 without NUL)"
        case .agentNotFound(let id): "ssh \(id): not found: the image's manifest entry gives it no such agent"
        case .imageUnavailable(let failure): failure.message
        case .rootfsTargetInUse(let path):
            "the rootfs output \(path) exists, holds files, and was not written by build-all: remove it or name another"
        case .protocolViolation(let reason): "the scheduler sent what the executor cannot use: \(reason)"
        }
    }

    /// Who must act.
    var failureClass: JobFailure.Class {
        switch self {
        case .sourceNotFound, .sourceIgnored, .sourceChanged, .noContext: .context
        case .commandFailed, .commandKilled, .commandNotStarted, .failedBefore, .overDisk, .overProcesses: .step
        case .outOfMemory: .oom
        case .cancelled: .cancelled
        case .wouldRun: .explained
        case .imageUnavailable(let failure): failure.class
        case .rootfsTargetInUse: .host
        case .protocolViolation: .internal
        case .unknownUser, .unknownGroup, .copyOverDirectory, .copyOntoNonDirectory, .tooManyLinks, .tooManyLayers,
            .invalidArgument, .refused, .secretNotFound, .secretIsNoText, .agentNotFound:
            .dockerfile
        }
    }
}

extension JobFailure {
    /// The end of a job that was only to say what would run.
    static func wouldRun(step: Int) -> JobFailure {
        let text = "\(ExecutionError.wouldRun(step: step))"
        return JobFailure(class: .explained, message: text, summary: text)
    }
}
