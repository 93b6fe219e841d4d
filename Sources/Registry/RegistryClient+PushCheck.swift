internal import HTTP
internal import Logging
public import OCI

extension RegistryClient {
    /// Asks whether the reference's repository may be pushed to: begins an upload, and ends it without a byte.
    ///
    /// Throws `RegistryError`, as the push would.
    public func checkPush(to reference: ImageReference) async throws {
        let endpoint = try RegistryEndpoint(reference, configuration)
        let call = RegistryCall(
            operation: "push to \(endpoint.name)", endpoint: endpoint, scopes: [.push(endpoint.repository)],
            request: HTTPRequest(method: .post, url: endpoint.url("blobs/uploads/")), accepted: [201, 202])
        try await retrying {
            let response = try await send(call)
            guard response.status == 202 else { return }
            let session = try UploadSession(response, endpoint, operation: call.operation)
            await end(session, endpoint)
        }
    }

    /// Says that an upload is not wanted. Registries forget those that nobody ends: what goes wrong here is no failure.
    func end(_ session: UploadSession, _ endpoint: RegistryEndpoint) async {
        let call = RegistryCall(
            operation: "end of an upload to \(endpoint.name)", endpoint: endpoint,
            scopes: [.push(endpoint.repository)], request: HTTPRequest(method: .delete, url: session.url),
            accepted: Set(200..<500))
        do { _ = try await send(call) } catch { configuration.log.debug("\(error)") }
    }
}
