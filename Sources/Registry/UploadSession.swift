internal import HTTP

/// An upload that a registry has begun: where its next request goes, and how much of the blob came.
///
/// https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pushing-a-blob-in-chunks
struct UploadSession: Sendable {
    let url: HTTPURL
    /// Bytes that the registry says it has; nil when it does not say.
    let received: Int64?
    /// The smallest chunk it takes, but for the last.
    let chunkMinimum: Int64

    /// From any answer about an upload. Registries say `Location`; very old ones only say the upload's identifier.
    ///
    /// Throws `unexpectedAnswer`, `insecureRedirect`.
    init(_ response: HTTPResponse, _ endpoint: RegistryEndpoint, operation: String) throws(RegistryError) {
        url = try Self.place(response, endpoint, operation)
        received = response.headers["range"].flatMap(Self.count)
        chunkMinimum = response.headers["oci-chunk-min-length"].flatMap { Int64($0) } ?? 0
    }

    private static func place(
        _ response: HTTPResponse, _ endpoint: RegistryEndpoint, _ operation: String
    ) throws(RegistryError) -> HTTPURL {
        let from = response.url
        var place = response.headers["location"]
        if place == nil, let identifier = response.headers["docker-upload-uuid"] {
            place = endpoint.url("blobs/uploads/\(HTTPURL.escape(identifier))").text
        }
        guard let place, let url = from.resolving(place) else {
            throw .unexpectedAnswer(
                operation: operation, url: from.description, reason: "the answer names no place for the upload")
        }
        guard from.origin.isSecure, !url.origin.isSecure else { return url }
        // A registry behind a proxy that speaks TLS for it may not know that it does.
        guard url.origin.host == from.origin.host, let secured = from.resolving(url.afterOrigin) else {
            throw .insecureRedirect(operation: operation, from: from.description, to: url.description)
        }
        return secured
    }

    /// Of `0-99`, or `bytes=0-99`: 100. `0-0` is what docker-registry says when nothing came.
    private static func count(_ range: String) -> Int64? {
        let text = range.hasPrefix("bytes=") ? range.dropFirst("bytes=".count) : Substring(range)
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).compactMap { Int64($0) }
        guard ends.count == 2, ends[0] == 0, (0..<Int64.max).contains(ends[1]) else { return nil }
        return ends[1] == 0 ? 0 : ends[1] + 1
    }
}
