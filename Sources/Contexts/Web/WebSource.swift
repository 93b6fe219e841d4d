internal import Clouds
internal import HTTP

/// What a text names: a URL, or an object of a cloud's store.
enum WebSource: Sendable {
    case url(HTTPURL, authorization: Secret?)
    case object(any CloudObject)

    /// For errors.
    var shown: String {
        switch self {
        case .url(let url, _): url.description
        case .object(let object): object.shown
        }
    }

    /// A GET request with these header fields, for one attempt: a signature holds for some minutes only.
    func request(headers: [(name: String, value: String)]) async throws -> HTTPRequest {
        switch self {
        case .url(let url, let authorization):
            var request = HTTPRequest(url: url)
            request.authorization = authorization
            request.headers = headers
            return request
        case .object(let object):
            do {
                return try await object.request(headers: headers)
            } catch let error as CloudError {
                throw ContextsError.cloud(error)
            }
        }
    }

    /// Why an answer is no file: nil when another request, at once, can bring it.
    func refusal(_ response: HTTPResponse, now: Double) async throws -> ContextsError? {
        guard case .object(let object) = self else {
            let pause = response.headers["retry-after"].flatMap { parseRetryAfter($0, now: now) }
            return response.status >= 400
                ? .status(url: response.url.description, status: response.status, retryAfter: pause)
                : .unexpectedAnswer(url: response.url.description, reason: "HTTP \(response.status)")
        }
        do {
            return try await object.refusal(response).map { .cloud($0) }
        } catch let error as CloudError {
            return .cloud(error)
        }
    }
}
