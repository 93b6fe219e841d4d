internal import HTTP

/// The HTTP session of a client; what goes wrong in it becomes a `RegistryError`.
struct RegistrySession: Sendable {
    private let session: HTTPSession

    init(_ configuration: RegistryConfiguration) {
        var settings = HTTPConfiguration()
        settings.tls = { configuration.tls(for: $0) }
        settings.environment = configuration.environment
        settings.transfersPerHost = configuration.transfersPerHost
        settings.requestsPerHost = configuration.requestsPerHost
        settings.connectTimeout = configuration.connectTimeout
        settings.stallTimeout = configuration.stallTimeout
        settings.userAgent = configuration.userAgent
        settings.log = configuration.log
        session = HTTPSession(settings)
    }

    /// `operation` is for errors. Throws `RegistryError`, `CancellationError`.
    func perform(_ request: HTTPRequest, operation: String) async throws -> HTTPResponse {
        do {
            return try await session.perform(request)
        } catch let error as HTTPError {
            throw RegistryError(error, operation: operation)
        }
    }
}

extension RegistryError {
    init(_ error: HTTPError, operation: String) {
        self =
            switch error {
            case .network(let url, let failure, let reason):
                .network(operation: operation, url: url, failure: failure, reason: reason)
            case .tooLarge(_, let limit): .tooLarge(operation: operation, limit: limit)
            case .insecureRedirect(let from, let to): .insecureRedirect(operation: operation, from: from, to: to)
            case .tooManyRedirects(let url): .tooManyRedirects(operation: operation, url: url)
            case .invalidRedirect(let url):
                .unexpectedAnswer(operation: operation, url: url, reason: "it redirects to what is no URL")
            case .linkLocal(let url):
                .unexpectedAnswer(
                    operation: operation, url: url, reason: "it is an address of the machine's own network")
            case .invalidProxy(let variable): .invalidProxy(variable: variable)
            case .file(let path, let reason): .file(path: path, reason: reason)
            }
    }
}
