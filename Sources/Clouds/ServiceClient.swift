internal import FoundationEssentials
internal import HTTP

/// Questions to services that say who we are.
struct ServiceClient: Sendable {
    let configuration: CloudConfiguration
    private let session: HTTPSession

    init(_ configuration: CloudConfiguration) {
        self.configuration = configuration
        session = HTTPSession(configuration.http)
    }

    /// The body of an answer with status 200; what is temporary is tried again. `request` is called for each attempt: a
    /// signature holds for some minutes only. Redirects are refused: what is sent is secret.
    ///
    /// Throws `CloudError`, `CancellationError`.
    func answer(doing: String, _ request: () async throws -> HTTPRequest) async throws -> [UInt8] {
        try await configuration.retry.retrying(CloudError.self, clock: configuration.clock, log: configuration.log) {
            try await answerOnce(doing: doing, request())
        }
    }

    /// The same from a service of the machine's own network; nil when nobody answers there in time. One that `isKnown` may
    /// be slow and is asked again: GKE's only starts in the first seconds of a pod.
    func probe(doing: String, _ request: HTTPRequest, isKnown: Bool = false) async throws -> [UInt8]? {
        do {
            guard isKnown else {
                return try await within(configuration.probeTimeout) { try await answerOnce(doing: doing, request) }
            }
            return try await within(configuration.machineTimeout) { try await answer(doing: doing) { request } }
        } catch let error as CloudError {
            if case .network = error { return nil }
            throw error
        }
    }

    /// The same as an object of JSON.
    func decode<Value: Decodable>(
        _ type: Value.Type, doing: String, _ request: @escaping () async throws -> HTTPRequest
    ) async throws -> Value {
        var url = ""
        let bytes = try await answer(doing: doing) {
            let request = try await request()
            url = request.url.description
            return request
        }
        guard let value = try? JSONDecoder().decode(type, from: Data(bytes)) else {
            throw CloudError.unexpectedAnswer(doing: doing, url: url, reason: "the answer is not understood")
        }
        return value
    }

    private func answerOnce(doing: String, _ request: HTTPRequest) async throws -> [UInt8] {
        var request = request
        request.followsRedirects = false
        let response: HTTPResponse
        do {
            response = try await session.perform(request)
        } catch let error as HTTPError {
            throw CloudError(error, doing: doing)
        }
        guard response.status == 200 else {
            let report = ServiceReport(response.body)
            throw CloudError.service(
                doing: doing, url: response.url.description, status: response.status, code: report.code,
                message: report.message)
        }
        return response.body
    }

    private func within<Value: Sendable>(
        _ limit: Duration, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}

extension CloudError {
    init(_ error: HTTPError, doing: String) {
        self =
            switch error {
            case .network(let url, let failure, let reason):
                .network(doing: doing, url: url, failure: failure, reason: reason)
            case .tooLarge(let url, let limit):
                .unexpectedAnswer(doing: doing, url: url, reason: "the answer is longer than \(limit) bytes")
            default: .unexpectedAnswer(doing: doing, url: "", reason: "\(error)")
            }
    }
}
