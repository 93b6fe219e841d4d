internal import Jobs

/// The executor's side of the conversation with its scheduler; any thread may speak.
protocol SchedulerLink: AnyObject, Sendable {
    /// Reports; order is kept.
    func send(_ event: JobEvent) throws

    /// Asks and waits for the answer.
    func request(_ request: ExecutorRequest) throws -> ExecutorResponse
}
