import Foundation
import Synchronization

extension TestRegistry {
    /// The answer of a registry in good order.
    func route(_ request: TestRequest, _ body: [UInt8]) -> TestAnswer {
        if request.path == "/token" { return token(request, body) }
        if let challenge = challenge(request) { return challenge }
        if request.path == "/v2/" { return TestAnswer() }
        let parts = request.path.split(separator: "/").map(String.init)
        if request.path.hasSuffix("/tags/list") {
            return tags(request, parts[1..<(parts.count - 2)].joined(separator: "/"))
        }
        if let index = parts.lastIndex(of: "referrers"), index == parts.count - 2, index > 1 {
            return referrers(request, parts[1..<index].joined(separator: "/"), parts[index + 1])
        }
        if let index = parts.lastIndex(of: "manifests"), index == parts.count - 2, index > 1 {
            return manifests(request, parts[1..<index].joined(separator: "/"), parts[index + 1], body)
        }
        if let index = parts.lastIndex(of: "blobs"), index > 1 {
            let repository = parts[1..<index].joined(separator: "/")
            if parts[index...].dropFirst().first == "uploads" {
                return upload(request, repository, parts.last ?? "", body)
            }
            return blob(request, repository, parts.last ?? "")
        }
        return Self.error(404, "NAME_UNKNOWN")
    }

    static func error(_ status: Int, _ code: String) -> TestAnswer {
        let text = #"{"errors":[{"code":"\#(code)","message":"the test registry says so"}]}"#
        return TestAnswer(
            status: status, headers: [("Content-Type", "application/json")], body: .bytes(Array(text.utf8)))
    }

    // MARK: - Authorization

    private func challenge(_ request: TestRequest) -> TestAnswer? {
        var answer = Self.error(401, "UNAUTHORIZED")
        switch access {
        case .open: return nil
        case .basic(let user, let password):
            guard request.authorization != "Basic " + Data("\(user):\(password)".utf8).base64EncodedString() else {
                return nil
            }
            answer.headers.append(("WWW-Authenticate", #"Basic realm="test, registry""#))
        case .bearer:
            let scope = scope(for: request)
            let token = request.authorization.map { String($0.dropFirst("Bearer ".count)) }
            if let token, state.withLock({ scope.isSubset(of: $0.tokens[token] ?? []) && $0.tokens[token] != nil }) {
                return nil
            }
            let text = scope.sorted().joined(separator: ",")
            answer.headers.append(
                ("WWW-Authenticate", #"Bearer realm="http://\#(host)/token",service="test",scope="\#(text)""#))
        }
        return answer
    }

    /// `repository:pull` and `repository:push`, whichever the request needs.
    private func scope(for request: TestRequest) -> Set<String> {
        let parts = request.path.split(separator: "/").map(String.init)
        guard let end = parts.lastIndex(where: { ["manifests", "blobs", "tags", "referrers"].contains($0) }), end > 1
        else { return [] }
        let repository = parts[1..<end].joined(separator: "/")
        let isReading = ["GET", "HEAD"].contains(request.method)
        return ["\(repository):\(isReading ? "pull" : "push")"]
    }

    private func token(_ request: TestRequest, _ body: [UInt8]) -> TestAnswer {
        guard case .bearer(let user, let password) = access else { return Self.error(404, "UNKNOWN") }
        var items = request.query
        if request.method == "POST" {
            items = (URLComponents(string: "?" + String(decoding: body, as: UTF8.self))?.queryItems ?? [])
                .map { ($0.name, $0.value ?? "") }
        }
        if let user, let password {
            let isBasic = request.authorization == "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
            guard isBasic || items.contains(where: { $0 == ("refresh_token", "refresh-\(user)") }) else {
                return Self.error(401, "UNAUTHORIZED")
            }
        }
        let token = grant(items.filter { $0.name == "scope" }.map(\.value))
        let member = request.method == "POST" ? "access_token" : "token"
        let text = #"{"\#(member)":"\#(token)","expires_in":300}"#
        return TestAnswer(headers: [("Content-Type", "application/json")], body: .bytes(Array(text.utf8)))
    }

    private func grant(_ scopes: [String]) -> String {
        var granted: Set<String> = []
        for scope in scopes.flatMap({ $0.split(separator: " ") }) {
            let parts = scope.split(separator: ":")
            guard parts.count == 3 else { continue }
            for action in parts[2].split(separator: ",") { granted.insert("\(parts[1]):\(action)") }
        }
        return state.withLock { state in
            state.nextID += 1
            state.tokens["token-\(state.nextID)"] = granted
            return "token-\(state.nextID)"
        }
    }
}
