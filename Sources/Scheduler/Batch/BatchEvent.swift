public import Jobs

/// What `BatchState` is told. Images are named by their position in the plan.
public enum BatchEvent: Hashable, Sendable {
    /// Time has passed; the first one starts the batch.
    case tick
    /// The executor said something: its idle clock starts anew.
    case activity(image: Int)
    /// The executor waits for the scheduler: its idle clock stands still until `served`.
    case serving(image: Int)
    case served(image: Int)
    /// The executor is gone and reaped; `failure` is nil when the image is in the store.
    case executorEnded(image: Int, failure: JobFailure?)
    /// The outputs are written, or `failure` says why not.
    case published(image: Int, failure: JobFailure?)
    /// Ctrl-C, SIGTERM.
    case interrupt
}

/// What `BatchState` wants done, in this order.
public enum BatchAction: Hashable, Sendable {
    case start(image: Int, attempt: Int)
    /// SIGTERM to the executor; `executorEnded` is awaited.
    case terminate(image: Int)
    /// SIGKILL to the executor; `executorEnded` is awaited.
    case kill(image: Int)
    /// Write the outputs; `published` is awaited.
    case publish(image: Int, attempt: Int)
    /// Give up writing the outputs; `published` is still awaited.
    case cancelPublishing(image: Int)
    /// An attempt failed and another follows; for the ledger and the user.
    case retry(image: Int, attempt: Int, after: Duration, failure: JobFailure)
    case ended(image: Int, Ending)
}

/// How an image ended.
public enum Ending: Hashable, Sendable {
    /// In the store, and its outputs are written.
    case done
    case failed(JobFailure)
    /// A failure of class `timeout`.
    case timedOut(JobFailure)
    /// An image that it needs, directly or not, did not get into the store.
    case blocked(by: Int)
    case cancelled
}
