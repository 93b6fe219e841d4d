import Foundation

/// One connection: reads requests and writes answers, HTTP/1.1 as far as clients of registries need it.
final class TestConnection {
    let socket: CInt
    private var buffer: [UInt8] = []

    init(_ socket: CInt) { self.socket = socket }

    /// The next request's head; nil when the connection ends.
    func readHead() -> TestRequest? { readRawHead().flatMap { Self.parse($0) } }

    /// The same as text.
    func readRawHead() -> String? {
        while true {
            if let end = headEnd() {
                let head = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeFirst(end + 4)
                return head
            }
            guard buffer.count < 1 << 16, fill() else { return nil }
        }
    }

    /// Reads the body that the head announces, at most `limit` bytes of it. False when the connection ends before.
    func readBody(_ request: TestRequest, limit: Int = .max, _ take: (ArraySlice<UInt8>) -> Void) -> Bool {
        if request.headers["expect"]?.lowercased() == "100-continue" { send("HTTP/1.1 100 Continue\r\n\r\n") }
        if request.headers["transfer-encoding"]?.lowercased() == "chunked" { return readChunks(take) }
        return readBytes(min(limit, Int(request.headers["content-length"] ?? "") ?? 0), take)
    }

    /// Writes all of the bytes; false when the client is gone.
    @discardableResult
    func send(_ bytes: some Collection<UInt8>) -> Bool {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Returns when the client has closed its side.
    func waitForClose() {
        while fill() { buffer = [] }
    }

    /// The same, and what the client sends meanwhile stays with it.
    func waitWithoutReading() {
        // POLLRDHUP, which Glibc's module leaves out.
        let peerClosed: Int16 = 0x2000
        var descriptor = pollfd(fd: socket, events: peerClosed, revents: 0)
        while poll(&descriptor, 1, -1) < 0 && errno == EINTR {}
    }

    /// Makes the close a reset, which the client sees as a dropped connection.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    private func fill() -> Bool {
        var bytes = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = recv(socket, &bytes, bytes.count, 0)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            buffer += bytes[..<count]
            return true
        }
    }

    private func headEnd() -> Int? {
        guard buffer.count >= 4 else { return nil }
        return (0...(buffer.count - 4)).first {
            buffer[$0] == 13 && buffer[$0 + 1] == 10 && buffer[$0 + 2] == 13 && buffer[$0 + 3] == 10
        }
    }

    private func readBytes(_ count: Int, _ take: (ArraySlice<UInt8>) -> Void) -> Bool {
        var missing = count
        while missing > 0 {
            if buffer.isEmpty, !fill() { return false }
            let piece = buffer.prefix(missing)
            take(piece)
            missing -= piece.count
            buffer.removeFirst(piece.count)
        }
        return true
    }

    private func readChunks(_ take: (ArraySlice<UInt8>) -> Void) -> Bool {
        while let line = readLine() {
            guard let size = Int(line.prefix { $0.isHexDigit }, radix: 16), readBytes(size, take), readLine() != nil
            else { return false }
            if size == 0 { return true }
        }
        return false
    }

    private func readLine() -> String? {
        while true {
            if let end = buffer.firstIndex(of: 10) {
                let line = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeFirst(end + 1)
                return line
            }
            guard fill() else { return nil }
        }
    }

    /// What was read already and nobody has taken.
    func takeBuffer() -> [UInt8] {
        defer { buffer = [] }
        return buffer
    }

    static func parse(_ head: String) -> TestRequest? {
        let lines = head.split(separator: "\r\n").map(String.init)
        let words = lines.first?.split(separator: " ") ?? []
        // A tunnel's target is a host and its port.
        let target = words.count == 3 ? (words[0] == "CONNECT" ? "//" : "") + words[1] : ""
        guard words.count == 3, let url = URLComponents(string: target) else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            headers[line[..<colon].lowercased()] = value
        }
        return TestRequest(
            method: String(words[0]), path: url.path,
            query: (url.queryItems ?? []).map { ($0.name, $0.value ?? "") }, headers: headers,
            authorization: headers["authorization"])
    }
}
