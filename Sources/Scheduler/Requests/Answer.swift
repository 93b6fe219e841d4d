internal import Jobs

/// What an executor gets for a request.
struct Answer: Sendable {
    var response: ExecutorResponse
    /// Copies of these are sent along.
    var descriptors: [CInt] = []
    /// Keeps the descriptors open until they are sent.
    var owner: (any AnyObject & Sendable)?

    init(_ response: ExecutorResponse, descriptors: [CInt] = [], owner: (any AnyObject & Sendable)? = nil) {
        self.response = response
        self.descriptors = descriptors
        self.owner = owner
    }
}
