import Foundation
import Synchronization

/// A registry in this process, on 127.0.0.1, that fails when it is told to.
///
/// It speaks HTTP and keeps everything in memory. It knows blobs, manifests, uploads in one or several requests, mounts,
/// ranges, Basic and Bearer authorization with a token server of its own at `/token`.
public final class TestRegistry: Sendable {
    /// Who is let in.
    public enum Access: Sendable {
        case open
        case basic(user: String, password: String)
        /// Tokens are given to everyone, or to one user only (also for the refresh token `refresh-USER`).
        case bearer(user: String? = nil, password: String? = nil)
    }

    /// What goes wrong with a request.
    public enum Fault: Sendable {
        case status(Int, headers: [String: String] = [:], body: String = "")
        /// The connection is reset after so many bytes of the request's body; nothing is answered.
        case dropRequest(after: Int)
        /// The connection is reset after so many bytes of the answer's body, whose length was stated in full.
        case dropAnswer(after: Int)
        /// The answer is whole, but its body is cut to so many bytes.
        case truncate(to: Int)
        /// The last byte of the answer's body is another.
        case corrupt
        /// The same path at another place, such as `http://127.0.0.1:1234`.
        case redirect(to: String, status: Int = 307)
        /// So many bytes of the answer's body come, then nothing until the client closes.
        case stall(after: Int)
        /// The request is read, and nothing is answered until the client closes.
        case hang
        /// So many bytes of the request's body are read, and no more until the client closes.
        case stallRequest(after: Int)
        /// The body comes in pieces of so many bytes with a pause before each.
        case drip(pieces: Int, milliseconds: UInt32)
        /// The whole body comes though a part was asked for.
        case ignoreRange
    }

    struct Rule: Sendable {
        var method: String
        var path: String
        var times: Int
        var fault: Fault
    }

    struct Manifest: Sendable {
        var mediaType: String
        var bytes: [UInt8]
    }

    /// In what registries differ.
    public struct Manner: Sendable {
        /// Tags and referrers of a page; lists longer than that have further pages.
        public var pageSize = 100
        /// Whether it keeps lists of referrers itself.
        public var hasReferrers = false
        public var deletes = true
        /// The largest body of a request it takes.
        public var requestLimit = Int.max
        /// What it says of the smallest chunk; smaller ones, but for the last, are refused.
        public var chunkMinimum: Int?
        /// Whether what came of a dropped request stays in the upload's session.
        public var keepsPartialUploads = true
        /// Whether it mounts without being told from where.
        public var mountsAnonymously = false
        public var location = Location.relative

        /// How it says where an upload goes on.
        public enum Location: Sendable { case relative, absolute, identifierOnly }
    }

    struct State: Sendable {
        var manner = Manner()
        var blobs: [String: TestBody] = [:]
        /// Repository and digest.
        var linked: Set<String> = []
        /// By `repository:tag` and `repository@digest`.
        var manifests: [String: Manifest] = [:]
        var uploads: [String: [UInt8]] = [:]
        var requests: [TestRequest] = []
        var rules: [Rule] = []
        var tokens: [String: Set<String>] = [:]
        var nextID = 0
    }

    let access: Access
    let state = Mutex(State())
    private let server = Mutex<TestServer?>(nil)
    /// `127.0.0.1:PORT`, the registry part of references to it.
    public let host: String

    /// Starts serving on a free port.
    public init(access: Access = .open) {
        self.access = access
        let box = Box()
        let server = TestServer { connection in box.registry.withLock { $0?.value }?.serve(connection) }
        host = "127.0.0.1:\(server.port)"
        box.registry.withLock { $0 = Weak(value: self) }
        self.server.withLock { $0 = server }
        server.start()
    }

    deinit { stop() }

    /// Ends all connections.
    public func stop() {
        let server = server.withLock { server in
            defer { server = nil }
            return server
        }
        server?.stop()
    }

    /// The server's threads must not keep the registry alive.
    private final class Box: Sendable {
        let registry = Mutex<Weak?>(nil)
    }

    private struct Weak: Sendable {
        weak let value: TestRegistry?
    }
}

extension TestRegistry {
    /// Lets the next `times` requests with this method and with `path` in their path fail.
    public func inject(_ fault: Fault, method: String = "GET", path: String, times: Int = 1) {
        state.withLock { $0.rules.append(Rule(method: method, path: path, times: times, fault: fault)) }
    }

    /// From now on nothing fails.
    public func removeFaults() { state.withLock { $0.rules = [] } }

    public func setManner(_ change: (inout Manner) -> Void) { state.withLock { change(&$0.manner) } }

    /// All requests so far, in order of their arrival.
    public var requests: [TestRequest] { state.withLock { $0.requests } }

    /// How many requests there were with this method and with `path` in their path; an empty one is in all.
    public func count(_ method: String, _ path: String = "") -> Int {
        requests.filter { $0.method == method && (path.isEmpty || $0.path.contains(path)) }.count
    }

    /// Bytes of blobs that were sent here.
    public var uploadedBytes: Int {
        requests.filter { $0.path.contains("/blobs/uploads/") }.reduce(0) { $0 + $1.bodySize }
    }

    public func forgetRequests() { state.withLock { $0.requests = [] } }

    /// Makes all tokens given so far invalid.
    public func expireTokens() { state.withLock { $0.tokens = [:] } }

    /// Puts a blob into a repository; returns its digest.
    @discardableResult
    public func addBlob(_ bytes: [UInt8], to repository: String) -> String {
        add(.bytes(bytes), digest: sha256(bytes), to: repository)
    }

    /// Puts a blob of zeros into a repository, without holding it. `digest` is whatever the test says.
    public func addZeros(_ count: Int, digest: String, to repository: String) {
        add(.zeros(count), digest: digest, to: repository)
    }

    @discardableResult
    private func add(_ body: TestBody, digest: String, to repository: String) -> String {
        state.withLock { state in
            state.blobs[digest] = body
            state.linked.insert("\(repository)@\(digest)")
        }
        return digest
    }

    /// Stores a manifest under its digest and, if given, a tag; returns the digest.
    @discardableResult
    public func addManifest(_ bytes: [UInt8], mediaType: String, to repository: String, tag: String? = nil) -> String {
        let digest = sha256(bytes)
        state.withLock { state in
            for name in ["\(repository)@\(digest)"] + (tag.map { ["\(repository):\($0)"] } ?? []) {
                state.manifests[name] = Manifest(mediaType: mediaType, bytes: bytes)
            }
        }
        return digest
    }

    /// Forgets all manifests of a repository; its blobs stay.
    public func removeManifests(of repository: String) {
        state.withLock { state in
            state.manifests = state.manifests.filter {
                !$0.key.hasPrefix("\(repository):") && !$0.key.hasPrefix("\(repository)@")
            }
        }
    }

    /// The manifest under a tag or digest.
    public func manifest(_ repository: String, _ name: String) -> [UInt8]? {
        state.withLock { $0.manifests[repository + (name.contains(":") ? "@" : ":") + name]?.bytes }
    }

    /// Whether a repository has a blob.
    public func hasBlob(_ repository: String, _ digest: String) -> Bool {
        state.withLock { $0.linked.contains("\(repository)@\(digest)") }
    }
}

/// SHA-256 by libcrypto, found at run time: what tests depend on must not depend on the modules that they test.
func sha256(_ bytes: [UInt8]) -> String {
    typealias Function = @convention(c) (UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UInt8>?) -> OpaquePointer?
    guard let library = dlopen("libcrypto.so.3", RTLD_NOW), let symbol = dlsym(library, "SHA256") else {
        preconditionFailure("libcrypto.so.3 is missing")
    }
    var raw = [UInt8](repeating: 0, count: 32)
    _ = unsafeBitCast(symbol, to: Function.self)(bytes, bytes.count, &raw)
    return "sha256:" + raw.map { String(format: "%02x", $0) }.joined()
}

extension TestRegistry {
    /// The tags of a repository, sorted.
    public func tags(_ repository: String) -> [String] {
        state.withLock { state in
            state.manifests.keys.filter { $0.hasPrefix("\(repository):") }
                .map { String($0.dropFirst(repository.count + 1)) }.sorted()
        }
    }

    /// Lets a blob have other bytes than its digest says; nil removes it.
    public func damage(_ digest: String, _ bytes: [UInt8]?) {
        state.withLock { $0.blobs[digest] = bytes.map { .bytes($0) } }
    }

    /// The bytes of a blob.
    public func bytes(_ digest: String) -> [UInt8]? {
        state.withLock { $0.blobs[digest] }.map { Array($0.piece(0..<$0.count)) }
    }
}
