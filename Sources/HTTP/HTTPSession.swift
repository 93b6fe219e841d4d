internal import Logging
internal import Synchronization

/// Requests with everything that does not depend on what they are for: settings of the host, its places, redirects.
///
/// It runs one thread for the network, which ends with it.
public final class HTTPSession: Sendable {
    private let configuration: HTTPConfiguration
    private let transport = Transport()
    private let places = Mutex<[Place: Slots]>([:])

    private struct Place: Hashable {
        let origin: HTTPURL.Origin
        let isTransfer: Bool
    }

    private static let mostRedirects = 10

    /// Opens no connection yet.
    public init(_ configuration: HTTPConfiguration = HTTPConfiguration()) { self.configuration = configuration }

    /// Sends a request and follows redirects, ten at most. `Authorization` stays with the origin it was meant for;
    /// `https` never becomes `http`.
    ///
    /// Throws `HTTPError`, and `CancellationError` within milliseconds of the task's cancellation. An answer of any
    /// status is no error.
    public func perform(_ request: HTTPRequest) async throws -> HTTPResponse {
        var request = request
        for _ in 0...Self.mostRedirects {
            guard request.allowsLinkLocal || !request.url.origin.isLinkLocal else {
                throw HTTPError.linkLocal(url: request.url.description)
            }
            let response = try await send(request)
            guard request.followsRedirects, let target = try redirect(of: response, to: request) else {
                return response
            }
            if target.origin != request.url.origin { request.authorization = nil }
            request.url = target
        }
        throw HTTPError.tooManyRedirects(url: request.url.description)
    }

    private func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await slots(for: request).withSlot {
            do {
                let settings = try settings(for: request.url.origin)
                let response = try await transport.perform(request, settings: settings)
                configuration.log.debug("\(request.method.rawValue) \(request.url) \(response.status)")
                return response
            } catch let error as TransportError {
                configuration.log.debug("\(request.method.rawValue) \(request.url) \(error.reason)")
                throw error.asHTTPError(request)
            }
        }
    }

    /// Where to go on, if the answer says so. 301, 302 and 303 are followed by GET and HEAD only: RFC 9110 lets other
    /// methods change on the way.
    private func redirect(of response: HTTPResponse, to request: HTTPRequest) throws(HTTPError) -> HTTPURL? {
        let isReading = request.method == .get || request.method == .head
        guard [307, 308].contains(response.status) || (isReading && [301, 302, 303].contains(response.status)),
            let location = response.headers["location"]
        else { return nil }
        let from = request.url.description
        guard let target = request.url.resolving(location) else { throw .invalidRedirect(url: from) }
        guard target.origin.isSecure || !request.url.origin.isSecure else {
            throw .insecureRedirect(from: from, to: target.description)
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

    private func settings(for origin: HTTPURL.Origin) throws(HTTPError) -> TransferSettings {
        TransferSettings(
            tls: configuration.tls(origin), environment: configuration.environment,
            proxy: try configuration.environment.proxies.proxy(for: origin),
            connectTimeout: configuration.connectTimeout,
            stallTimeout: configuration.stallTimeout, userAgent: configuration.userAgent)
    }
}

extension TransportError {
    fileprivate func asHTTPError(_ request: HTTPRequest) -> HTTPError {
        switch self {
        case .bodyTooLarge(let limit): .tooLarge(url: request.url.description, limit: limit)
        case .linkLocal: .linkLocal(url: request.url.description)
        case .failed, .aborted: .network(url: request.url.description, failure: failure, reason: reason)
        }
    }
}
