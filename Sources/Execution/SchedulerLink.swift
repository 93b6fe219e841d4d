internal import Jobs

/// The executor's side of the conversation with its scheduler.
protocol SchedulerLink: AnyObject {
    /// Reports; order is kept.
    func send(_ event: JobEvent) throws

    /// Asks and waits for the answer.
    func request(_ request: ImageRequest) throws -> ImageResponse
}
