internal import DockerfileFrontend
internal import FileSystem
internal import Jobs
internal import OCI
internal import Sandbox
internal import Templates

/// How what goes wrong reaches the user.
extension ImageBuild {
    func warn(_ warning: DockerfileWarning) throws {
        try scheduler.send(
            .warning(Warning(message: "\(warning.rule.rawValue): \(warning.message)", line: warning.lines.lowerBound)))
    }

    /// Puts the instruction's place around an error, unless it has one already.
    func failure(_ error: any Error, at lines: ClosedRange<Int>, step: Int? = nil) -> any Error {
        if error is JobFailure { return error }
        if let errors = error as? DockerfileErrors {
            return JobFailure(class: .dockerfile, message: "\(errors)", summary: "\(errors.name): \(errors.message)")
        }
        let message = "\(error)"
        var text = dockerfile.excerpt(lines).map { "\($0)\n\(message)" } ?? message
        let tail = step.map { log.lastLines(of: $0) } ?? []
        if (error as? ExecutionError)?.isFailedCommand == true, !tail.isEmpty {
            text = "last output of the step:\n" + tail.map { "  \($0)\n" }.joined() + text
        }
        return JobFailure(
            class: Self.failureClass(of: error), message: text,
            summary: "\(job.dockerfile.name):\(lines.lowerBound): \(message)",
            exitCode: (error as? ExecutionError)?.exitCode, isTemporary: Self.isTemporary(error))
    }

    static func failureClass(of error: any Error) -> JobFailure.Class {
        switch error {
        case let error as ExecutionError: error.failureClass
        case let error as JobFailure: error.class
        case is DockerfileErrors, is DockerfileError, is DockerfileFault, is ExpansionError, is ExposedPortError,
            is IgnoreFileError, is OCIError, is BaseExpansionError:
            .dockerfile
        case SandboxError.mount: .dockerfile

        default: .host
        }
    }

    private static func isTemporary(_ error: any Error) -> Bool {
        if case .imageUnavailable(let failure)? = error as? ExecutionError { return failure.isTemporary }
        return false
    }
}

extension ExecutionError {
    var exitCode: Int? {
        if case .commandFailed(_, let code) = self { return code }
        return nil
    }

    var isFailedCommand: Bool {
        switch self {
        case .commandFailed, .commandKilled, .outOfMemory, .overDisk, .overProcesses, .commandNotStarted, .failedBefore:
            true
        default: false
        }
    }
}
