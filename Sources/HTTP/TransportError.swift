internal import CCurl

/// Why a transfer ended without an answer.
enum TransportError: Error, Equatable {
    /// libcurl's own code and text.
    case failed(code: Int32, reason: String)
    case bodyTooLarge(limit: Int)
    /// The receiver asked for the end; it knows why.
    case aborted
    /// The name is one of an address that the request was not to reach.
    case linkLocal
}

extension TransportError {
    /// What to tell the user, from libcurl's code. Codes not listed are permanent: the same request fails again.
    var failure: HTTPError.NetworkFailure {
        guard case .failed(let code, let reason) = self else { return .other }
        // libcurl has no code of its own for a proxy's refusal.
        if reason.contains("CONNECT tunnel failed") || reason.contains("from proxy after CONNECT") {
            return reason.contains("response 5") || reason.contains("code 5") ? .dropped : .proxy
        }
        switch CURLcode(rawValue: UInt32(code)) {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return .nameResolution
        case CURLE_PROXY: return .proxy
        case CURLE_COULDNT_CONNECT: return .connection
        case CURLE_OPERATION_TIMEDOUT: return .timeout
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_SEND_FAIL_REWIND,
            CURLE_WEIRD_SERVER_REPLY, CURLE_UPLOAD_FAILED, CURLE_BAD_DOWNLOAD_RESUME:
            return .dropped
        case CURLE_SSL_CONNECT_ERROR: return reason.contains("wrong version number") ? .notTLS : .dropped
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR: return .certificate
        default: return .other
        }
    }

    var reason: String {
        switch self {
        case .failed(_, let reason): reason
        case .bodyTooLarge(let limit): "the answer is longer than \(limit) bytes"
        case .aborted: "the transfer was ended"
        case .linkLocal: "an address of the machine's own network"
        }
    }
}
