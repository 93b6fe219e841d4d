internal import Logging
internal import Synchronization

/// Requests with everything that does not depend on what they are for: settings of the host, its places, redirects.
final class HTTPSession: Sendable {
    private let configuration: RegistryConfiguration
    private let transport = Transport()
    private let places = Mutex<[Place: Slots]>([:])

    private struct Place: Hashable {
        let origin: HTTPURL.Origin
        let isTransfer: Bool
    }

    private static let mostRedirects = 10

    init(_ configuration: RegistryConfiguration) { self.configuration = configuration }

    /// Sends a request and follows redirects. `Authorization` stays with the origin it was meant for.
    ///
    /// `operation` is for errors. Throws `RegistryError`, `CancellationError`.
    func perform(_ request: HTTPRequest, operation: String) async throws -> HTTPResponse {
        var request = request
        for _ in 0...Self.mostRedirects {
            let response = try await send(request, operation: operation)
            guard let target = try redirect(of: response, to: request, operation: operation) else { return response }
            if target.origin != request.url.origin { request.authorization = nil }
            request.url = target
        }
        throw RegistryError.tooManyRedirects(operation: operation, url: request.url.description)
    }

    private func send(_ request: HTTPRequest, operation: String) async throws -> HTTPResponse {
        try await slots(for: request).withSlot {
            do {
                let response = try await transport.perform(request, settings: settings(for: request.url.origin))
                configuration.log.debug("\(request.method.rawValue) \(request.url) \(response.status)")
                return response
            } catch let error as TransportError {
                configuration.log.debug("\(request.method.rawValue) \(request.url) \(error.reason)")
                throw error.asRegistryError(request, operation: operation)
            }
        }
    }

    /// Where to go on, if the answer says so. 301, 302 and 303 are followed by GET and HEAD only: RFC 9110 lets other
    /// methods change on the way.
    private func redirect(
        of response: HTTPResponse, to request: HTTPRequest, operation: String
    ) throws(RegistryError) -> HTTPURL? {
        let isReading = request.method == .get || request.method == .head
        guard [307, 308].contains(response.status) || (isReading && [301, 302, 303].contains(response.status)),
            let location = response.headers["location"]
        else { return nil }
        let from = request.url.description
        guard let target = request.url.resolving(location) else {
            throw .unexpectedAnswer(operation: operation, url: from, reason: "it redirects to what is no URL")
        }
        guard target.origin.isSecure || !request.url.origin.isSecure else {
            throw .insecureRedirect(operation: operation, from: from, to: target.description)
        }
        return target
    }

    private func slots(for request: HTTPRequest) -> Slots {
        let place = Place(origin: request.url.origin, isTransfer: request.isTransfer)
        let count = request.isTransfer ? configuration.transfersPerHost : configuration.requestsPerHost
        return places.withLock { places in
            if let slots = places[place] { return slots }
            let slots = Slots(count)
            places[place] = slots
            return slots
        }
    }

    private func settings(for origin: HTTPURL.Origin) -> TransferSettings {
        TransferSettings(
            host: configuration.host(for: origin), connectTimeout: configuration.connectTimeout,
            stallTimeout: configuration.stallTimeout, userAgent: configuration.userAgent)
    }
}

extension TransportError {
    fileprivate func asRegistryError(_ request: HTTPRequest, operation: String) -> RegistryError {
        switch self {
        case .bodyTooLarge(let limit): .tooLarge(operation: operation, limit: limit)
        case .failed, .aborted:
            .network(operation: operation, url: request.url.description, failure: failure, reason: reason)
        }
    }
}
