public import OCI

/// What an executor asks the scheduler for. Several requests may be open at once; answers come in any order.
public enum ExecutorRequest: Hashable, Sendable, Codable {
    /// Manifest and config of an image of a registry, or of the batch: an image of the batch that has this reference is
    /// preferred.
    case resolve(ImageReference, Platform)
    /// Manifest and config of another image of the batch.
    case resolveSibling(image: String)
    /// An image of an OCI layout; all its blobs are put into the store. Without a reference the layout's only image.
    case resolveLayout(folder: String, reference: String?, Platform)
    /// Layers into the blob store, from where the image was resolved.
    case fetchLayers(of: ResolvedImage, indices: [Int])
    /// What an http or https URL gives, into the blob store.
    case download(url: String, checksum: Digest?)
    /// A tree of a git repository.
    case checkout(GitCheckout)
    /// A named context that is a tree of a repository, or the contents of an archive.
    case context(name: String)
    /// A build secret. With the answer comes a descriptor of a sealed memfd that holds its bytes.
    case secret(id: String)
    /// An SSH agent to sign with.
    case agent(id: String)
    /// The root of the container for an image: answered once nothing runs any more that could start or load what is there. It
    /// holds as long as the executor lives.
    case takeRoot
    /// What a shell talks to: with the answer come its descriptors.
    case terminal
    /// The result of a step, which the caches that the image shares with other machines may have. Asked once our own has
    /// none; the layer's bytes are not fetched.
    case findStep(key: Digest)
    /// The layer of a step that was found so, into the blob store.
    case fetchStep(key: Digest, layer: Descriptor)
    /// A step of the image with its result, for the caches that it shares: `isFinal` when its layer is in the image.
    case keepStep(SharedStep, isFinal: Bool)
    /// The layer of a step turned out to be another than was said: the step is to be found nowhere any more. The executor
    /// ends, and is started again.
    case distrustStep(key: Digest, reason: String)
    /// The layer of an image turned out to be another than was said, and its blob is gone: the image is to be had anew. The
    /// executor ends, and is started again.
    case distrustLayer(Digest)
}

/// The scheduler's answer to one request.
public enum ExecutorResponse: Hashable, Sendable, Codable {
    case resolved(ResolvedImage)
    case fetched
    case downloaded(Download)
    case folder(FetchedFolder)
    case secret(isFound: Bool)
    /// Path of a listening UNIX socket below the state folder, for as long as the executor lives; nil if there is none.
    case agent(socket: String?)
    /// One descriptor of a terminal, or three: standard input, output and error.
    case terminal(isTerminal: Bool)
    case step(SharedStepAnswer)
    /// What was said is known.
    case noted
    case failed(JobFailure)
}

/// A file that a URL gave; its bytes are a blob of the store.
public struct Download: Hashable, Sendable, Codable {
    public var digest: Digest
    public var sizeInBytes: Int64
    /// The server's Last-Modified, in seconds since 1970.
    public var lastModified: Int64?

    public init(digest: Digest, sizeInBytes: Int64, lastModified: Int64?) {
        self.digest = digest
        self.sizeInBytes = sizeInBytes
        self.lastModified = lastModified
    }
}

/// A folder that was fetched from outside. Nobody changes it any more.
public struct FetchedFolder: Hashable, Sendable, Codable {
    /// Absolute, below the state folder.
    public var path: String
    /// The commit of a repository, or the digest of an archive.
    public var revision: String
    /// Of the commit, in seconds since 1970.
    public var commitTime: Int64?

    public init(path: String, revision: String, commitTime: Int64?) {
        self.path = path
        self.revision = revision
        self.commitTime = commitTime
    }
}

/// One message from the executor to the scheduler.
public enum ExecutorMessage: Hashable, Sendable, Codable {
    case event(JobEvent)
    /// `id` is the executor's, and is in the answer.
    case request(id: Int, ExecutorRequest)
}

/// One message from the scheduler to the executor.
public struct ExecutorAnswer: Hashable, Sendable, Codable {
    /// Of the request.
    public var id: Int
    public var response: ExecutorResponse

    public init(id: Int, response: ExecutorResponse) {
        self.id = id
        self.response = response
    }
}
