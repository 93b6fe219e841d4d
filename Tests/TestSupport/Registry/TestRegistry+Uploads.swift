import Foundation
import Synchronization

extension TestRegistry {
    func upload(_ request: TestRequest, _ repository: String, _ id: String, _ body: [UInt8]) -> TestAnswer {
        if request.method == "POST" { return beginUpload(request, repository) }
        let (known, manner) = state.withLock { ($0.uploads[id], $0.manner) }
        guard var bytes = known else { return Self.error(404, "BLOB_UPLOAD_UNKNOWN") }
        if request.method == "GET" { return progress(204, repository, id, bytes.count) }
        if request.method == "DELETE" {
            _ = state.withLock { $0.uploads.removeValue(forKey: id) }
            return TestAnswer(status: 204)
        }
        guard body.count <= manner.requestLimit else { return Self.error(413, "SIZE_INVALID") }
        if let range = request.headers["content-range"] {
            let expected = "\(bytes.count)-\(bytes.count + body.count - 1)"
            guard range == expected else { return progress(416, repository, id, bytes.count) }
        }
        bytes += body
        guard request.method == "PUT" else {
            state.withLock { [bytes] in $0.uploads[id] = bytes }
            return progress(202, repository, id, bytes.count)
        }
        return finishUpload(request, repository, id, bytes)
    }

    /// What came of a request that was dropped.
    func keepPartial(_ request: TestRequest, _ body: [UInt8]) {
        guard let id = request.path.split(separator: "/").last.map(String.init) else { return }
        state.withLock { state in
            if state.manner.keepsPartialUploads { state.uploads[id]? += body }
        }
    }

    private func finishUpload(
        _ request: TestRequest, _ repository: String, _ id: String, _ bytes: [UInt8]
    ) -> TestAnswer {
        _ = state.withLock { $0.uploads.removeValue(forKey: id) }
        let digest = sha256(bytes)
        guard digest == request.item("digest") else { return Self.error(400, "DIGEST_INVALID") }
        addBlob(bytes, to: repository)
        return TestAnswer(
            status: 201,
            headers: [("Location", "/v2/\(repository)/blobs/\(digest)"), ("Docker-Content-Digest", digest)])
    }

    private func progress(_ status: Int, _ repository: String, _ id: String, _ count: Int) -> TestAnswer {
        var answer = TestAnswer(status: status, headers: place(repository, id))
        if count > 0 { answer.headers.append(("Range", "0-\(count - 1)")) }
        return answer
    }

    private func beginUpload(_ request: TestRequest, _ repository: String) -> TestAnswer {
        let manner = state.withLock { $0.manner }
        if let digest = request.item("mount"), isMountable(digest, from: request.item("from"), manner) {
            _ = state.withLock { $0.linked.insert("\(repository)@\(digest)") }
            return TestAnswer(status: 201, headers: [("Location", "/v2/\(repository)/blobs/\(digest)")])
        }
        let id = state.withLock { state in
            state.nextID += 1
            state.uploads["upload-\(state.nextID)"] = []
            return "upload-\(state.nextID)"
        }
        var answer = TestAnswer(status: 202, headers: place(repository, id))
        if let minimum = manner.chunkMinimum { answer.headers.append(("OCI-Chunk-Min-Length", "\(minimum)")) }
        return answer
    }

    private func isMountable(_ digest: String, from source: String?, _ manner: Manner) -> Bool {
        if let source { return hasBlob(source, digest) }
        return manner.mountsAnonymously && state.withLock { $0.blobs[digest] != nil }
    }

    /// An upload has its state in the query, as those of real registries do.
    private func place(_ repository: String, _ id: String) -> [(String, String)] {
        let path = "/v2/\(repository)/blobs/uploads/\(id)?_state=s%3D"
        switch state.withLock({ $0.manner.location }) {
        case .relative: return [("Location", path)]
        case .absolute: return [("Location", "http://\(host)\(path)"), ("Docker-Upload-UUID", id)]
        case .identifierOnly: return [("Docker-Upload-UUID", id)]
        }
    }
}
