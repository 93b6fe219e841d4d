import Foundation
import Synchronization

/// A request as it came, without its body.
public struct TestRequest: Sendable {
    public let method: String
    /// Without query, decoded.
    public let path: String
    public let query: [(name: String, value: String)]
    /// Names in lower case; the last of several fields of one name wins.
    public internal(set) var headers: [String: String]
    /// All `Authorization` fields, so that a test can see that there is none.
    public let authorization: String?
    public internal(set) var bodySize = 0

    /// The first query item of a name.
    public func item(_ name: String) -> String? { query.first { $0.name == name }?.value }

    var withoutRange: TestRequest {
        var request = self
        request.headers["range"] = nil
        return request
    }
}

/// What is answered.
struct TestAnswer {
    var status = 200
    var headers: [(String, String)] = []
    var body = TestBody.bytes([])
}

/// A body in memory, or one of zeros that is never held whole.
enum TestBody: Sendable {
    case bytes([UInt8])
    case zeros(Int)

    var count: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .zeros(let count): count
        }
    }

    func piece(_ range: Range<Int>) -> ArraySlice<UInt8> {
        switch self {
        case .bytes(let bytes): bytes[range]
        case .zeros: [UInt8](repeating: 0, count: range.count)[...]
        }
    }
}

/// A listening socket on 127.0.0.1, with a thread for each connection.
///
/// Safe to send between threads because everything that changes is under the lock.
final class TestServer: @unchecked Sendable {
    let port: Int
    private let listener: CInt
    private let connections = Mutex<Set<CInt>>([])
    private let serve: @Sendable (TestConnection) -> Void

    /// Listens on a free port. `serve` runs for each connection, on a thread of its own.
    init(serve: @escaping @Sendable (TestConnection) -> Void) {
        self.serve = serve
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 128) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        precondition(status, "no free port on 127.0.0.1")
        self.listener = listener
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    func start() {
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else {
                    if errno == EINTR { continue }
                    return
                }
                _ = fcntl(client, F_SETFD, FD_CLOEXEC)
                _ = connections.withLock { $0.insert(client) }
                Thread.detachNewThread { [self] in
                    serve(TestConnection(client))
                    _ = connections.withLock { $0.remove(client) }
                    close(client)
                }
            }
        }
    }

    /// Ends the listener and all connections; their threads end by themselves.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        connections.withLock { for client in $0 { shutdown(client, Int32(SHUT_RDWR)) } }
    }
}
