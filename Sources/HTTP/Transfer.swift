internal import CCurl
internal import FoundationEssentials
internal import SystemPackage

#if canImport(Glibc)
    internal import Glibc
#endif

/// How transfers to one host are made.
struct TransferSettings: Sendable {
    var tls = TLSSettings()
    var environment = NetworkEnvironment(variables: [:])
    var proxy: Proxy?
    var connectTimeout: Duration = .seconds(20)
    /// Without a byte for so long, a transfer ends with a timeout.
    var stallTimeout: Duration = .seconds(60)
    /// The same, once the whole request is sent: a registry checks a large body before it answers.
    var answerTimeout: Duration = .seconds(600)
    var userAgent = "build-all"
}

/// One request on its way, and libcurl's handle for it.
///
/// Safe to send between threads because only the transport's thread touches it after it was submitted.
final class Transfer: @unchecked Sendable {
    let request: HTTPRequest
    let settings: TransferSettings
    let continuation: CheckedContinuation<HTTPResponse, any Error>
    /// Asks the transport's thread to go on with a paused body.
    let resume: @Sendable () -> Void
    private(set) var easy: UnsafeMutableRawPointer?

    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var errorBuffer = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var headers = HTTPHeaders()
    private var headerSize = 0
    private var body: [UInt8] = []
    private var sent: Int64 = 0
    private var hasBegun = false
    private var ownError: TransportError?

    init(
        _ request: HTTPRequest, settings: TransferSettings,
        continuation: CheckedContinuation<HTTPResponse, any Error>, resume: @escaping @Sendable () -> Void
    ) {
        self.request = request
        self.settings = settings
        self.continuation = continuation
        self.resume = resume
        errorBuffer.pointee = 0
    }

    deinit {
        if let easy { curl_easy_cleanup(easy) }
        curl_slist_free_all(headerList)
        errorBuffer.deallocate()
    }

    /// Makes libcurl's handle. It points back at this object, which must outlive the transfer.
    func prepare() -> UnsafeMutableRawPointer? {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        setConnection(easy)
        setTLS(easy)
        setRequest(easy)
        setCallbacks(easy)
        return easy
    }

    /// The answer, or why there is none, after libcurl said that the transfer is over.
    func outcome(of code: CURLcode) -> Result<HTTPResponse, any Error> {
        if let ownError { return .failure(ownError) }
        guard code == CURLE_OK else {
            let detail = String(cString: errorBuffer)
            let reason = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
            return .failure(TransportError.failed(code: Int32(code.rawValue), reason: reason))
        }
        return .success(HTTPResponse(url: request.url, status: status, headers: headers, body: body))
    }

    private var status: Int {
        var status = 0
        if let easy { ccurl_getinfo_long(easy, CURLINFO_RESPONSE_CODE, &status) }
        return status
    }
}

// MARK: - Options

extension Transfer {
    private func setConnection(_ easy: UnsafeMutableRawPointer) {
        ccurl_setopt_pointer(easy, CURLOPT_ERRORBUFFER, errorBuffer)
        ccurl_setopt_string(easy, CURLOPT_URL, request.url.text)
        ccurl_setopt_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        ccurl_setopt_string(easy, CURLOPT_USERAGENT, settings.userAgent)
        let options: [(CURLoption, Int)] = [
            (CURLOPT_NOSIGNAL, 1),
            (CURLOPT_FOLLOWLOCATION, 0),
            (CURLOPT_NETRC, 0),
            (CURLOPT_TCP_KEEPALIVE, 1),
            (CURLOPT_HTTP_VERSION, version),
            (CURLOPT_BUFFERSIZE, 512 << 10),
            (CURLOPT_UPLOAD_BUFFERSIZE, 1 << 20),
            (CURLOPT_CONNECTTIMEOUT_MS, settings.connectTimeout.inMilliseconds),
            (CURLOPT_LOW_SPEED_LIMIT, 1),
            (CURLOPT_LOW_SPEED_TIME, max(1, settings.stallTimeout.inMilliseconds / 1000)),
        ]
        for (option, value) in options { ccurl_setopt_long(easy, option, value) }
        setProxy(easy)
    }

    /// Small requests share one connection where the server speaks HTTP/2. A blob is faster alone on a connection: an HTTP/2
    /// upload costs libcurl four times the CPU time.
    private var version: Int { Int(request.isTransfer ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS) }

    /// Always set, so that libcurl does not look into the environment itself.
    private func setProxy(_ easy: UnsafeMutableRawPointer) {
        ccurl_setopt_string(easy, CURLOPT_PROXY, settings.proxy?.address ?? "")
        ccurl_setopt_string(easy, CURLOPT_NOPROXY, "")
        guard let proxy = settings.proxy else { return }
        ccurl_setopt_string(easy, CURLOPT_PROXYUSERNAME, proxy.user?.revealed)
        ccurl_setopt_string(easy, CURLOPT_PROXYPASSWORD, proxy.password?.revealed)
        let trust = settings.environment
        guard trust.replacesSystem else { return }
        ccurl_setopt_string(easy, CURLOPT_PROXY_CAPATH, trust.certificateFolder)
        ccurl_setopt_string(easy, CURLOPT_PROXY_CAINFO, trust.certificateFile?.string)
    }

    private func setTLS(_ easy: UnsafeMutableRawPointer) {
        let tls = settings.tls
        // libcurl's own is the system's folder.
        if settings.environment.replacesSystem {
            ccurl_setopt_string(easy, CURLOPT_CAPATH, settings.environment.certificateFolder)
        }
        setAuthorities(easy, (settings.environment.certificateFile.map { [$0] } ?? []) + tls.authorities)
        if let cert = tls.cert { ccurl_setopt_string(easy, CURLOPT_SSLCERT, cert.string) }
        if let key = tls.key { ccurl_setopt_string(easy, CURLOPT_SSLKEY, key.string) }
        if tls.insecure {
            ccurl_setopt_long(easy, CURLOPT_SSL_VERIFYPEER, 0)
            ccurl_setopt_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
        }
    }

    /// libcurl takes one file; several are read and given to it as one.
    private func setAuthorities(_ easy: UnsafeMutableRawPointer, _ files: [FilePath]) {
        guard files.count > 1 else {
            // libcurl's own is the system's file.
            if settings.environment.replacesSystem { ccurl_setopt_string(easy, CURLOPT_CAINFO, nil) }
            if let file = files.first { ccurl_setopt_string(easy, CURLOPT_CAINFO, file.string) }
            return
        }
        var bundle: [UInt8] = []
        for file in files {
            guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: file.string)) else {
                // libcurl then says which file it cannot read.
                return _ = ccurl_setopt_string(easy, CURLOPT_CAINFO, file.string)
            }
            bundle += bytes + [10]
        }
        bundle.withUnsafeMutableBytes { _ = ccurl_setopt_bytes(easy, CURLOPT_CAINFO_BLOB, $0.baseAddress, $0.count) }
    }

    private func setRequest(_ easy: UnsafeMutableRawPointer) {
        var lines = request.headers.map { "\($0.name): \($0.value)" }
        if let authorization = request.authorization { lines.append("Authorization: \(authorization.revealed)") }
        // Waiting for "100 Continue" costs a round trip, and a second where a registry does not send it.
        lines.append("Expect:")
        for line in lines { headerList = curl_slist_append(headerList, line) }
        ccurl_setopt_list(easy, CURLOPT_HTTPHEADER, headerList)

        switch request.method {
        case .get: ccurl_setopt_long(easy, CURLOPT_HTTPGET, 1)
        case .head: ccurl_setopt_long(easy, CURLOPT_NOBODY, 1)
        case .delete: ccurl_setopt_string(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        case .post, .put, .patch:
            ccurl_setopt_long(easy, CURLOPT_UPLOAD, 1)
            ccurl_setopt_string(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
            ccurl_setopt_offset(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(request.body.size))
        }
    }

    private func setCallbacks(_ easy: UnsafeMutableRawPointer) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        for option in [CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_READDATA, CURLOPT_SEEKDATA] {
            ccurl_setopt_pointer(easy, option, context)
        }
        ccurl_setopt_data_callback(easy, CURLOPT_WRITEFUNCTION) { data, _, count, context in
            Transfer.from(context).receive(UnsafeRawBufferPointer(start: data, count: count))
        }
        ccurl_setopt_data_callback(easy, CURLOPT_HEADERFUNCTION) { data, _, count, context in
            Transfer.from(context).receiveHeader(UnsafeRawBufferPointer(start: data, count: count))
        }
        ccurl_setopt_data_callback(easy, CURLOPT_READFUNCTION) { data, size, count, context in
            Transfer.from(context).send(into: UnsafeMutableRawBufferPointer(start: data, count: size * count))
        }
        ccurl_setopt_seek_callback(easy) { context, offset, origin in
            guard origin == SEEK_SET else { return CInt(CURL_SEEKFUNC_CANTSEEK) }
            return Transfer.from(context).rewind(to: Int64(offset))
        }
        guard !request.allowsLinkLocal, settings.proxy == nil else { return }
        ccurl_setopt_pointer(easy, CURLOPT_OPENSOCKETDATA, context)
        ccurl_setopt_socket_callback(easy) { context, _, address in Transfer.from(context).openSocket(address) }
    }

    private static func from(_ context: UnsafeMutableRawPointer) -> Transfer {
        Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    }
}

// MARK: - What libcurl calls

extension Transfer {
    /// Not all bytes taken: libcurl ends the transfer.
    private static let stop = 0

    private func openSocket(_ place: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        // Safe because it is a stored field of a C struct. The address itself is longer than the field.
        let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr).unsafelyUnwrapped
        let address = UnsafeRawPointer(place) + offset
        guard !LinkLocal.contains(socketAddress: address, family: place.pointee.family) else {
            ownError = .linkLocal
            return curl_socket_t(-1)
        }
        return socket(
            place.pointee.family, place.pointee.socktype | CInt(SOCK_CLOEXEC.rawValue), place.pointee.protocol)
    }

    private func receiveHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        let line = String(decoding: bytes, as: UTF8.self)
        headerSize += bytes.count
        guard headerSize <= 1 << 18 else {
            ownError = .bodyTooLarge(limit: 1 << 18)
            return Self.stop
        }
        // A new status line: what came before was "100 Continue" or a proxy's.
        if line.hasPrefix("HTTP/") { headers = HTTPHeaders() } else { headers.append(line: line) }
        return bytes.count
    }

    private func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let receiver = request.receiver, status == 200 || status == 206 else { return collect(bytes) }
        if !hasBegun {
            hasBegun = true
            receiver.begin(status: status, headers: headers, resume: resume)
        }
        switch receiver.receive(bytes) {
        case .taken: return bytes.count
        case .pause: return Int(CURL_WRITEFUNC_PAUSE)
        case .abort:
            ownError = .aborted
            return Self.stop
        }
    }

    private func collect(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard body.count + bytes.count <= request.bodyLimit else {
            // Of an error's text the beginning is enough.
            if status >= 300 { return bytes.count }
            ownError = .bodyTooLarge(limit: request.bodyLimit)
            return Self.stop
        }
        body.append(contentsOf: bytes)
        return bytes.count
    }

    /// libcurl sends a request again by itself when a kept connection turns out to be closed. Not so a blob: the other side
    /// may have taken a part of it, so it is for whoever sends it to ask.
    private func rewind(to offset: Int64) -> CInt {
        guard !request.isTransfer || sent == 0 else { return CInt(CURL_SEEKFUNC_FAIL) }
        sent = offset
        return CInt(CURL_SEEKFUNC_OK)
    }

    private func send(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let count = request.body.read(into: buffer, at: sent) else {
            ownError = .failed(code: Int32(CURLE_READ_ERROR.rawValue), reason: "the file changed while it was sent")
            return Int(CURL_READFUNC_ABORT)
        }
        sent += Int64(count)
        if sent == request.body.size, let easy {
            ccurl_setopt_long(easy, CURLOPT_LOW_SPEED_TIME, max(1, settings.answerTimeout.inMilliseconds / 1000))
        }
        return count
    }
}

extension HTTPRequest.Body {
    var size: Int64 {
        switch self {
        case .none: 0
        case .bytes(let bytes): Int64(bytes.count)
        case .file(let file): file.size
        case .part(_, let range): range.upperBound - range.lowerBound
        }
    }

    /// Copies bytes from the offset on; nil when a file fails.
    fileprivate func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int? {
        switch self {
        case .none: return 0
        case .bytes(let bytes):
            let part = bytes[Int(offset)..<min(bytes.count, Int(offset) + buffer.count)]
            buffer.copyBytes(from: part)
            return part.count
        case .file(let file): return file.read(into: buffer, at: offset)
        case .part(let file, let range):
            let rest = Int(min(Int64(buffer.count), range.upperBound - range.lowerBound - offset))
            guard rest > 0 else { return 0 }
            return file.read(
                into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<rest]), at: range.lowerBound + offset)
        }
    }
}

extension Duration {
    var inMilliseconds: Int { Int(components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000) }
}
