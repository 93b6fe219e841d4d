import Foundation
import Synchronization

/// An HTTP proxy on 127.0.0.1 that leads every host to one port of this machine: what has no address here can be reached
/// through it only.
public final class TestProxy: Sendable {
    private struct State: Sendable {
        var requests: [TestRequest] = []
        var limits: [Int] = []
    }

    private let state = Mutex(State())
    private let server = Mutex<TestServer?>(nil)
    private let target: Int
    private let authorization: String?
    /// `127.0.0.1:PORT`
    public let address: String

    private let isOpen: @Sendable () -> Bool

    /// With `user`, it asks for Basic authorization. Requests that come before `isOpen` get nothing once it is.
    public init(
        target: Int, user: (name: String, password: String)? = nil,
        isOpen: @escaping @Sendable () -> Bool = { true }
    ) {
        self.target = target
        self.isOpen = isOpen
        authorization = user.map { "Basic " + Data("\($0.name):\($0.password)".utf8).base64EncodedString() }
        let box = Box()
        let server = TestServer { connection in box.proxy.withLock { $0?.value }?.serve(connection) }
        address = "127.0.0.1:\(server.port)"
        box.proxy.withLock { $0 = Weak(value: self) }
        self.server.withLock { $0 = server }
        server.start()
    }

    deinit { server.withLock { $0 }?.stop() }

    private final class Box: Sendable { let proxy = Mutex<Weak?>(nil) }
    private struct Weak: Sendable { weak let value: TestProxy? }

    /// The requests made to it, `CONNECT` among them.
    public var requests: [TestRequest] { state.withLock { $0.requests } }

    /// The next connection is reset after so many bytes from the client.
    public func dropNext(after count: Int) { state.withLock { $0.limits.append(count) } }

    private func serve(_ connection: TestConnection) {
        guard let head = connection.readRawHead(), let request = TestConnection.parse(head) else { return }
        state.withLock { $0.requests.append(request) }
        if let authorization, request.headers["proxy-authorization"] != authorization {
            let answer = "HTTP/1.1 407 Authorization\r\nProxy-Authenticate: Basic realm=\"proxy\"\r\n"
            connection.send(answer + "Content-Length: 0\r\nConnection: close\r\n\r\n")
            return
        }
        guard isOpen() else {
            while !isOpen() { usleep(20_000) }
            return
        }
        let upstream = connectUpstream()
        guard upstream >= 0 else { return }
        let limit = state.withLock { $0.limits.isEmpty ? Int.max : $0.limits.removeFirst() }
        if request.method == "CONNECT" {
            connection.send("HTTP/1.1 200 Connection established\r\n\r\n")
        } else {
            Self.write(Array(Self.forwarded(head).utf8), to: upstream)
        }
        relay(connection, upstream, limit)
    }

    /// The request as its server wants it: with a path instead of a URL, and one on each connection.
    private static func forwarded(_ head: String) -> String {
        var lines = head.split(separator: "\r\n").map(String.init)
        var words = lines[0].split(separator: " ").map(String.init)
        if let url = URLComponents(string: words[1]) {
            words[1] = url.percentEncodedPath + (url.percentEncodedQuery.map { "?\($0)" } ?? "")
        }
        lines[0] = words.joined(separator: " ")
        lines = lines.filter { !$0.lowercased().hasPrefix("proxy-") }
        return (lines + ["Connection: close"]).joined(separator: "\r\n") + "\r\n\r\n"
    }

    private func connectUpstream() -> CInt {
        let upstream = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(target).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(upstream, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return status == 0 ? upstream : -1
    }

    /// Passes bytes both ways until one side ends, or the client has sent `limit` bytes.
    private func relay(_ connection: TestConnection, _ upstream: CInt, _ limit: Int) {
        let client = connection.socket
        let finished = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            _ = Self.copy(from: upstream, to: client, limit: .max)
            shutdown(client, Int32(SHUT_RDWR))
            finished.signal()
        }
        let first = connection.takeBuffer()
        Self.write(first, to: upstream)
        if Self.copy(from: client, to: upstream, limit: limit - first.count) { connection.reset() }
        shutdown(upstream, Int32(SHUT_RDWR))
        finished.wait()
        close(upstream)
    }

    /// True when the limit was reached.
    private static func copy(from source: CInt, to target: CInt, limit: Int) -> Bool {
        var left = limit
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while left > 0 {
            let count = recv(source, &buffer, min(buffer.count, left), 0)
            if count < 0 && errno == EINTR { continue }
            guard count > 0, write(Array(buffer[..<count]), to: target) else { return false }
            left -= count
        }
        return true
    }

    @discardableResult
    private static func write(_ bytes: [UInt8], to target: CInt) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
