internal import HTTP
public import OCI

extension RegistryClient {
    /// All tags of the reference's repository, in the registry's order, over as many pages as there are; empty for a
    /// repository that does not exist.
    public func tags(of reference: ImageReference) async throws -> [String] {
        let endpoint = try RegistryEndpoint(reference, configuration)
        let operation = "list of the tags of \(reference.name)"
        let first = endpoint.url("tags/list", query: [("n", "1000")])
        var tags: [String] = []
        try await pages(from: first, endpoint, operation) { response in
            guard let page = try? OCIDocument.decode(TagPage.self, from: response.body) else {
                throw RegistryError.unexpectedAnswer(
                    operation: operation, url: response.url.description, reason: "the answer is no list of tags")
            }
            tags += page.tags ?? []
        }
        return tags
    }

    private static let mostPages = 1000

    /// Gets a list page by page, as `Link` fields lead. Returns the first answer, which may be a 404.
    ///
    /// A link to another host is followed without `Authorization`; one that leads back to a page seen is an error,
    /// and so are more than a thousand pages.
    @discardableResult
    func pages(
        from first: HTTPURL, _ endpoint: RegistryEndpoint, _ operation: String, _ take: (HTTPResponse) throws -> Void
    ) async throws -> HTTPResponse {
        var seen: Set<HTTPURL> = []
        var answer: HTTPResponse?
        var next: HTTPURL? = first
        while let url = next {
            guard seen.insert(url).inserted else {
                throw RegistryError.unexpectedAnswer(
                    operation: operation, url: url.description, reason: "the pages of the list lead in a circle")
            }
            guard seen.count <= Self.mostPages else {
                throw RegistryError.unexpectedAnswer(
                    operation: operation, url: url.description,
                    reason: "the list has more than \(Self.mostPages) pages")
            }
            let response = try await page(url, endpoint, operation)
            answer = answer ?? response
            guard response.status == 200 else { break }
            try take(response)
            next = response.nextPage
        }
        guard let answer else { preconditionFailure("there is a first page") }
        return answer
    }

    private func page(_ url: HTTPURL, _ endpoint: RegistryEndpoint, _ operation: String) async throws -> HTTPResponse {
        var request = HTTPRequest(url: url)
        request.bodyLimit = configuration.manifestLimit
        let call = RegistryCall(
            operation: operation, endpoint: endpoint, scopes: [.pull(endpoint.repository)], request: request,
            accepted: [200, 404])
        return try await retrying { try await self.send(call) }
    }
}

private struct TagPage: Decodable {
    var tags: [String]?
}
