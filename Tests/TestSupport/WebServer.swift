import Foundation
import Synchronization

/// An HTTP server on 127.0.0.1 that answers as a test says, one answer after the other, and fails on demand.
public final class WebServer: Sendable {
    /// What is answered to one request.
    public struct Reply: Sendable {
        public var status = 200
        public var headers: [String: String] = [:]
        public var body: [UInt8] = []
        /// The connection is reset after so many bytes of the body.
        public var dropsAfter: Int?
        /// Nothing more comes after so many bytes of the body.
        public var stallsAfter: Int?

        public init(_ status: Int, headers: [String: String] = [:], _ text: String = "") {
            self.status = status
            self.headers = headers
            body = Array(text.utf8)
        }

        public init(headers: [String: String] = [:], _ text: String = "") { self.init(200, headers: headers, text) }

        /// A file, or the part of it that the request wants.
        public static func file(_ bytes: [UInt8], to request: TestRequest, headers: [String: String] = [:]) -> Reply {
            var reply = Reply(headers: headers)
            reply.body = bytes
            guard let range = request.headers["range"], let start = Int(range.dropFirst(6).prefix { $0 != "-" }) else {
                return reply
            }
            reply.status = 206
            reply.headers["Content-Range"] = "bytes \(start)-\(bytes.count - 1)/\(bytes.count)"
            reply.body = Array(bytes[start...])
            return reply
        }
    }

    private let server: TestServer
    private let seen: Requests

    /// Shared with the server's threads.
    private final class Requests: Sendable {
        let all = Mutex<[TestRequest]>([])
    }

    /// `respond` is called for each request with its number, from 0; on any thread.
    public init(_ respond: @escaping @Sendable (TestRequest, Int) -> Reply) {
        let seen = Requests()
        self.seen = seen
        server = TestServer { connection in
            while let request = connection.readHead() {
                guard connection.readBody(request, { _ in }) else { return }
                let number = seen.all.withLock { all in
                    all.append(request)
                    return all.count - 1
                }
                guard Self.send(respond(request, number), to: request, on: connection) else { return }
            }
        }
        server.start()
    }

    deinit { server.stop() }

    public var requests: [TestRequest] { seen.all.withLock { $0 } }
    public var port: Int { server.port }

    public func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    /// False when the connection is to be closed.
    private static func send(_ reply: Reply, to request: TestRequest, on connection: TestConnection) -> Bool {
        var head = "HTTP/1.1 \(reply.status) Status\r\n"
        if reply.headers["Date"] == nil { head += "Date: Sun, 22 Nov 2026 00:00:00 GMT\r\n" }
        if reply.status != 304 { head += "Content-Length: \(reply.body.count)\r\n" }
        for (name, value) in reply.headers { head += "\(name): \(value)\r\n" }
        guard connection.send(head + "\r\n") else { return false }
        guard request.method != "HEAD", reply.status != 304 else { return true }
        guard let limit = reply.dropsAfter ?? reply.stallsAfter else { return connection.send(reply.body) }
        connection.send(reply.body.prefix(limit))
        // What was sent is to arrive before the reset.
        usleep(50_000)
        if reply.dropsAfter != nil { connection.reset() } else { connection.waitForClose() }
        return false
    }
}
