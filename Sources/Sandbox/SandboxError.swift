/// What can go wrong between the scheduler, an executor and a step's sandbox.
public enum SandboxError: Error, Equatable {
    /// A system call; `path` is what it was called on, or empty.
    case systemCall(String, path: String, errno: CInt)
    /// Something cannot be mounted at a target of the step's; `what` names both.
    case mount(what: String, errno: CInt)
    /// The peer of the socket is gone.
    case connectionClosed
    case messageTooLong(bytes: Int, limit: Int)
    case tooManyDescriptors(count: Int, limit: Int)
    case malformedMessage
    /// The process was not started by `ExecutorProcess.spawn`.
    case notAnExecutor
    /// Steps see nothing but the state folder, so their layers must be in it.
    case outsideStateFolder(path: String, stateFolder: String)
    /// Text with a NUL byte cannot be an argument, a variable or a path.
    case containsNUL(String)
    /// The user namespace around this process, a container's, has too few ids.
    case noIDs(file: String, found: Int, needed: Int)
    /// This user has no range of subordinate ids that is large enough.
    case noSubordinateIDs(file: String, user: String, found: Int, needed: Int)
}
