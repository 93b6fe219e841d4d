internal import HTTP
internal import Logging
internal import OCI

/// Pulls from and pushes to registries.
///
/// One client serves all images of a batch at once: connections, tokens and what is known of blobs are shared. Every
/// function retries what fails for a passing reason, throws `RegistryError` for what registries and networks do, and
/// `CancellationError` within milliseconds of the task's cancellation.
///
/// https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md
public final class RegistryClient: Sendable {
    let configuration: RegistryConfiguration
    let known = KnownBlobs()
    let uploads = SingleFlight<UploadKey, UploadOutcome>()
    let downloads = SingleFlight<Digest, Download>()
    let mirrors = MirrorRecord()
    private let plainRegistries = PlainRegistries()
    let fallbackTags = SingleFlight<ImageReference, Bool>()
    private let session: RegistrySession
    private let authenticator: Authenticator

    /// Starts the network's thread, which ends with the client. Opens no connection yet.
    public init(configuration: RegistryConfiguration) {
        self.configuration = configuration
        session = RegistrySession(configuration)
        authenticator = Authenticator(configuration, session)
    }

    /// All files that it reads by their names: credentials, authorities, certificates.
    public var hostFiles: [String] { configuration.hostFiles }
}

/// One request to a registry's API, and which answers are good.
struct RegistryCall: Sendable {
    /// What it is for, for errors.
    var operation: String
    var endpoint: RegistryEndpoint
    var scopes: [AccessScope]
    var request: HTTPRequest
    /// Statuses that are no error.
    var accepted: Set<Int>
}

extension RegistryClient {
    /// Sends a call once, and again if the registry wants (other) credentials first.
    func send(_ call: RegistryCall) async throws -> HTTPResponse {
        let call = try await inItsScheme(call)
        var request = call.request
        let isOwn = request.url.origin == call.endpoint.origin.origin
        if isOwn {
            request.authorization = try await authenticator.authorization(call.endpoint, scopes: call.scopes)
        }
        var response = try await session.perform(request, operation: call.operation)
        // A 401 of a storage service behind a redirect asks for nothing that we have. The first 401 asks who we are, a
        // second can mean that what was kept of us has expired.
        for _ in 0..<2 {
            guard response.status == 401, isOwn, response.url.origin == request.url.origin,
                let renewed = try await authenticator.authorization(
                    afterChallenge: response.headers.all("www-authenticate"), call.endpoint, scopes: call.scopes,
                    rejected: request.authorization)
            else { break }
            request.authorization = renewed
            response = try await session.perform(request, operation: call.operation)
        }
        guard call.accepted.contains(response.status) else { throw try await failure(response, call) }
        return response
    }

    /// In HTTP, if the registry speaks nothing else and that is allowed.
    private func inItsScheme(_ call: RegistryCall) async throws -> RegistryCall {
        guard call.endpoint.mayBeHTTP, try await plainRegistries.isPlain(call.endpoint, session) else { return call }
        var call = call
        if call.request.url.origin == call.endpoint.origin.origin, let plain = call.request.url.inHTTP {
            call.request.url = plain
        }
        call.endpoint = call.endpoint.inHTTP
        return call
    }

    private func failure(_ response: HTTPResponse, _ call: RegistryCall) async throws -> RegistryError {
        let url = response.url.description
        if [401, 403].contains(response.status), let fault = authenticator.fault(call.endpoint, call.scopes) {
            return fault
        }
        guard response.status == 401 else {
            let pause = response.headers["retry-after"].flatMap {
                parseRetryAfter($0, now: configuration.clock.secondsSince1970)
            }
            return .status(
                operation: call.operation, url: url, status: response.status, errors: response.reportedErrors,
                retryAfter: pause)
        }
        return .unauthorized(
            operation: call.operation, url: url, errors: response.reportedErrors,
            hadCredentials: try await authenticator.hasCredentials(call.endpoint),
            searched: configuration.credentials.searched(for: call.endpoint.registry))
    }

    /// Runs `body` until it succeeds, fails for good, or the attempts are used up.
    func retrying<Value>(
        progress: () -> Int64 = { 0 }, attempts: Int = .max, _ body: () async throws -> Value
    ) async throws -> Value {
        var policy = configuration.retry
        policy.attempts = min(policy.attempts, attempts)
        return try await policy.retrying(
            RegistryError.self, clock: configuration.clock, log: configuration.log, progress: progress, body)
    }
}
