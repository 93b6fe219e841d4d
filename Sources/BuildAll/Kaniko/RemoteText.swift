internal import HTTP

/// Small texts at URLs.
enum RemoteText {
    private static let limit = 4 << 20

    /// Throws unless there is a text of 4 MiB at most.
    static func get(_ text: String) async throws -> String {
        var request = HTTPRequest(url: try url(text))
        request.bodyLimit = limit
        let response = try await perform(request)
        guard let content = String(validating: response.body, as: UTF8.self) else {
            throw CommandFailure(.imageFailed, "\(request.url): it is not UTF-8")
        }
        return content
    }

    /// What fails for a passing reason is tried again: it is about an image that is pushed by then.
    static func put(_ content: String, to text: String) async throws {
        var request = HTTPRequest(method: .put, url: try url(text), body: .bytes(Array(content.utf8)))
        request.headers = [("Content-Type", "text/plain")]
        _ = try await perform(request)
    }

    private static func url(_ text: String) throws -> HTTPURL {
        guard let url = HTTPURL(text) else { throw CommandFailure(.usage, "what was given is no URL") }
        return url
    }

    private static func perform(_ request: HTTPRequest) async throws -> HTTPResponse {
        let (policy, clock) = (RetryPolicy(attempts: 3), SystemNetworkClock())
        var attempt = 1
        while true {
            let (text, mayPass): (String, Bool)
            do {
                let response = try await HTTPSession().perform(request)
                if (200..<300).contains(response.status) { return response }
                (text, mayPass) = ("the answer is \(response.status)", isTemporary(status: response.status))
            } catch let error as HTTPError {
                (text, mayPass) = ("\(error)", error.isTemporary)
            }
            guard mayPass, let delay = policy.delay(after: attempt, retryAfter: nil) else {
                throw CommandFailure(.imageFailed, "\(request.url): \(text)")
            }
            try await clock.sleep(for: delay)
            attempt += 1
        }
    }
}
