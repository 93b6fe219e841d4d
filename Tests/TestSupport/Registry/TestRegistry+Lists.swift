import Foundation
import Synchronization

extension TestRegistry {
    /// Tags in order, page by page: `last` is the last one of the page before.
    func tags(_ request: TestRequest, _ repository: String) -> TestAnswer {
        let (all, size) = state.withLock { state in
            let prefix = repository + ":"
            return (
                state.manifests.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
                    .sorted(),
                state.manner.pageSize
            )
        }
        guard !all.isEmpty else { return Self.error(404, "NAME_UNKNOWN") }
        let page = all.filter { $0 > request.item("last") ?? "" }.prefix(size)
        let text = #"{"name":"\#(repository)","tags":[\#(page.map { "\"\($0)\"" }.joined(separator: ","))]}"#
        var answer = TestAnswer(headers: [("Content-Type", "application/json")], body: .bytes(Array(text.utf8)))
        if let last = page.last, last != all.last {
            answer.headers.append(("Link", "</v2/\(repository)/tags/list?n=\(size)&last=\(last)>; rel=\"next\""))
        }
        return answer
    }

    /// The manifests with a subject, each as a descriptor that only says its digest and type of artifact.
    func referrers(_ request: TestRequest, _ repository: String, _ digest: String) -> TestAnswer {
        let (manner, manifests) = state.withLock { ($0.manner, $0.manifests) }
        guard manner.hasReferrers else { return Self.error(404, "NOT_FOUND") }
        let entries = manifests.filter { $0.key.hasPrefix("\(repository)@") && subject(of: $0.value.bytes) == digest }
            .sorted { $0.key < $1.key }
            .map { entry -> [String: Any] in
                let digest = String(entry.key.dropFirst(repository.count + 1))
                var item: [String: Any] = ["mediaType": entry.value.mediaType, "digest": digest]
                item["size"] = entry.value.bytes.count
                item["artifactType"] = members(of: entry.value.bytes)["artifactType"]
                return item
            }
        let start = Int(request.item("start") ?? "") ?? 0
        let page = Array(entries[start...].prefix(manner.pageSize))
        let index: [String: Any] = [
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": page,
        ]
        let body = (try? JSONSerialization.data(withJSONObject: index)) ?? Data()
        var answer = TestAnswer(
            headers: [("Content-Type", "application/vnd.oci.image.index.v1+json")], body: .bytes(Array(body)))
        let next = start + page.count
        if next < entries.count {
            answer.headers.append(
                ("Link", "<http://\(host)/v2/\(repository)/referrers/\(digest)?start=\(next)>; rel=next"))
        }
        return answer
    }

    func subject(of manifest: [UInt8]) -> String? {
        (members(of: manifest)["subject"] as? [String: Any])?["digest"] as? String
    }

    private func members(of manifest: [UInt8]) -> [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(manifest))) as? [String: Any] ?? [:]
    }
}
