import Foundation
import Synchronization

extension TestRegistry {
    func manifests(_ request: TestRequest, _ repository: String, _ name: String, _ body: [UInt8]) -> TestAnswer {
        if request.method == "PUT" {
            let type = request.headers["content-type"] ?? ""
            let digest = addManifest(body, mediaType: type, to: repository, tag: name.contains(":") ? nil : name)
            var headers = [("Docker-Content-Digest", digest)]
            if state.withLock({ $0.manner.hasReferrers }), let subject = subject(of: body) {
                headers.append(("OCI-Subject", subject))
            }
            return TestAnswer(status: 201, headers: headers)
        }
        if request.method == "DELETE" { return deleteManifest(repository, name) }
        let key = repository + (name.contains(":") ? "@" : ":") + name
        guard let manifest = state.withLock({ $0.manifests[key] }) else { return Self.error(404, "MANIFEST_UNKNOWN") }
        return TestAnswer(
            headers: [("Content-Type", manifest.mediaType), ("Docker-Content-Digest", sha256(manifest.bytes))],
            body: .bytes(manifest.bytes))
    }

    func blob(_ request: TestRequest, _ repository: String, _ digest: String) -> TestAnswer {
        if request.method == "DELETE" { return deleteBlob(repository, digest) }
        let known = state.withLock { $0.linked.contains("\(repository)@\(digest)") ? $0.blobs[digest] : nil }
        guard let known else { return Self.error(404, "BLOB_UNKNOWN") }
        guard let range = request.headers["range"], range.hasPrefix("bytes="), range.hasSuffix("-"),
            let start = Int(range.dropFirst(6).dropLast()), start < known.count
        else { return TestAnswer(body: known) }
        let rest: TestBody
        switch known {
        case .bytes(let bytes): rest = .bytes(Array(bytes[start...]))
        case .zeros(let count): rest = .zeros(count - start)
        }
        return TestAnswer(
            status: 206, headers: [("Content-Range", "bytes \(start)-\(known.count - 1)/\(known.count)")], body: rest)
    }

    private func deleteManifest(_ repository: String, _ name: String) -> TestAnswer {
        state.withLock { state in
            guard state.manner.deletes else { return Self.error(405, "UNSUPPORTED") }
            let key = repository + (name.contains(":") ? "@" : ":") + name
            guard let bytes = state.manifests[key]?.bytes else { return Self.error(404, "MANIFEST_UNKNOWN") }
            state.manifests = state.manifests.filter { !$0.key.hasPrefix(repository) || $0.value.bytes != bytes }
            return TestAnswer(status: 202)
        }
    }

    private func deleteBlob(_ repository: String, _ digest: String) -> TestAnswer {
        state.withLock { state in
            guard state.manner.deletes else { return Self.error(405, "UNSUPPORTED") }
            let wasThere = state.linked.remove("\(repository)@\(digest)") != nil
            return wasThere ? TestAnswer(status: 202) : Self.error(404, "BLOB_UNKNOWN")
        }
    }
}
