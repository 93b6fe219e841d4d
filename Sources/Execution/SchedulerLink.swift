internal import Jobs
internal import Sandbox

/// The executor's side of the conversation with its scheduler; any thread may speak.
protocol SchedulerLink: AnyObject, Sendable {
    /// Reports; order is kept.
    func send(_ event: JobEvent) throws

    /// Asks and waits for the answer, with the descriptors that come along.
    func ask(_ request: ExecutorRequest) throws -> SchedulerReply
}

/// What the scheduler answered.
struct SchedulerReply: Sendable {
    var response: ExecutorResponse
    var descriptors: [OwnedDescriptor] = []
}

extension SchedulerLink {
    /// Asks and waits for an answer that brings no descriptors.
    func request(_ request: ExecutorRequest) throws -> ExecutorResponse { try ask(request).response }
}
