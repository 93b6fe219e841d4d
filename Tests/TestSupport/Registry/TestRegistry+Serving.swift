import Foundation
import Synchronization

extension TestRegistry {
    /// Serves one connection until it ends.
    func serve(_ connection: TestConnection) {
        while var request = connection.readHead() {
            let fault = takeFault(for: request)
            if case .dropRequest(let limit) = fault {
                var body: [UInt8] = []
                _ = connection.readBody(request, limit: limit) { body += $0 }
                request.bodySize = body.count
                keepPartial(request, body)
                record(request)
                return connection.reset()
            }
            if case .stallRequest(let limit) = fault {
                var body: [UInt8] = []
                _ = connection.readBody(request, limit: limit) { body += $0 }
                request.bodySize = body.count
                record(request)
                return connection.waitWithoutReading()
            }
            var body: [UInt8] = []
            guard connection.readBody(request, { body += $0 }) else {
                request.bodySize = body.count
                return record(request)
            }
            request.bodySize = body.count
            record(request)
            if case .hang = fault { return connection.waitForClose() }
            guard answer(request, body, fault, on: connection) else { return }
        }
    }

    private func record(_ request: TestRequest) { state.withLock { $0.requests.append(request) } }

    private func takeFault(for request: TestRequest) -> Fault? {
        state.withLock { state in
            let index = state.rules.firstIndex {
                $0.times > 0 && $0.method == request.method && request.path.contains($0.path)
            }
            guard let index else { return nil }
            state.rules[index].times -= 1
            return state.rules[index].fault
        }
    }

    /// False when the connection is to be closed.
    private func answer(
        _ request: TestRequest, _ body: [UInt8], _ fault: Fault?, on connection: TestConnection
    ) -> Bool {
        var answer = TestAnswer()
        switch fault {
        case .status(let status, let headers, let text):
            answer = TestAnswer(
                status: status, headers: headers.map { ($0.key, $0.value) }, body: .bytes(Array(text.utf8)))
        case .redirect(let place, let status):
            answer = TestAnswer(status: status, headers: [("Location", place + request.path + "?signature=secret")])
        case .ignoreRange: answer = route(request.withoutRange, body)
        default: answer = route(request, body)
        }
        if case .truncate(let count) = fault { answer.body = .bytes(Array(answer.body.piece(0..<count))) }
        if case .corrupt = fault {
            var bytes = Array(answer.body.piece(0..<answer.body.count))
            if let last = bytes.popLast() { bytes.append(last ^ 1) }
            answer.body = .bytes(bytes)
        }
        return send(answer, to: request, fault, on: connection)
    }

    private func send(
        _ answer: TestAnswer, to request: TestRequest, _ fault: Fault?, on connection: TestConnection
    ) -> Bool {
        var head = "HTTP/1.1 \(answer.status) Status\r\nContent-Length: \(answer.body.count)\r\n"
        for (name, value) in answer.headers { head += "\(name): \(value)\r\n" }
        guard connection.send(head + "\r\n") else { return false }
        guard request.method != "HEAD" else { return true }
        let count = answer.body.count
        switch fault {
        case .dropAnswer(let limit):
            sendBody(answer.body, 0..<min(limit, count), on: connection)
            return false
        case .stall(let limit):
            sendBody(answer.body, 0..<min(limit, count), on: connection)
            connection.waitForClose()
            return false
        case .drip(let size, let milliseconds):
            for start in stride(from: 0, to: count, by: size) {
                usleep(milliseconds * 1000)
                guard sendBody(answer.body, start..<min(start + size, count), on: connection) else { return false }
            }
            return true
        default: return sendBody(answer.body, 0..<count, on: connection)
        }
    }

    @discardableResult
    private func sendBody(_ body: TestBody, _ range: Range<Int>, on connection: TestConnection) -> Bool {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 1 << 18) {
            guard connection.send(body.piece(start..<min(start + (1 << 18), range.upperBound))) else { return false }
        }
        return true
    }
}
