public import OCI

/// What an executor reports while it builds, in order, as one JSON object a message.
///
/// On the wire each is flat: `{"event": "step-started", "step": 3, …}`, see `schemas/events.schema.json`.
public enum JobEvent: Hashable, Sendable {
    /// First, once the sandbox stands; again when the private network that it has turns out to be the host's.
    case started(ExecutorStarted)
    case stepStarted(StepStarted)
    case output(StepOutput)
    case stepEnded(StepEnded)
    /// An image, folder or file that the build read.
    case material(Material)
    /// A layer's blob is in the store and belongs to the image: it may be pushed already.
    case layer(LayerCommitted)
    case progress(Progress)
    case warning(Warning)
    /// Last, when the image is in the store.
    case finished(JobResult)
    /// Last, when it is not.
    case failed(JobFailure)
}

public struct ExecutorStarted: Hashable, Sendable, Codable {
    /// The rung of the isolation ladder, such as `shifted`.
    public var isolation: String
    /// The network that `private` steps really get: `private`, or `host` where no user-mode stack is installed.
    public var privateNetwork: NetworkMode
    /// Steps of the reachable stages.
    public var steps: Int

    public init(isolation: String, privateNetwork: NetworkMode, steps: Int) {
        self.isolation = isolation
        self.privateNetwork = privateNetwork
        self.steps = steps
    }
}

/// A step is an instruction of a reachable stage; steps count from 1 over the whole image.
public struct StepStarted: Hashable, Sendable, Codable {
    public var step: Int
    public var stage: String
    /// One line, as the Dockerfile has it, continuations joined.
    public var instruction: String
    /// First line of the instruction in the Dockerfile.
    public var line: Int

    public init(step: Int, stage: String, instruction: String, line: Int) {
        self.step = step
        self.stage = stage
        self.instruction = instruction
        self.line = line
    }
}

public struct StepOutput: Hashable, Sendable, Codable {
    public enum Stream: String, Hashable, Sendable, Codable {
        case stdout, stderr
    }

    public var step: Int
    public var stream: Stream
    /// Whole lines without their final newline, joined by newlines; invalid UTF-8 replaced. Control characters are as
    /// the step wrote them: escape before showing.
    public var text: String

    public init(step: Int, stream: Stream, text: String) {
        self.step = step
        self.stream = stream
        self.text = text
    }
}

public struct StepEnded: Hashable, Sendable, Codable {
    public var step: Int
    public var stage: String
    public var instruction: String
    /// The cache key, 64 hexadecimal digits; nil for steps that only change the config.
    public var key: String?
    public var cached: Bool
    public var milliseconds: Double
    /// User and system time of the step's processes.
    public var cpuMilliseconds: Double?
    public var peakMemoryInBytes: Int64?
    /// Size of the compressed layer.
    public var layerSizeInBytes: Int64?
    public var diffID: Digest?
    /// Why the cache had no result, for a step that ran.
    public var missReason: String?
    /// The cache of another machine that had the result, such as `registry.example.com/cache`.
    public var cachedFrom: String?

    public init(step: Int, stage: String, instruction: String, cached: Bool, milliseconds: Double) {
        self.step = step
        self.stage = stage
        self.instruction = instruction
        self.cached = cached
        self.milliseconds = milliseconds
    }
}

public struct Material: Hashable, Sendable, Codable {
    public enum Role: String, Hashable, Sendable, Codable {
        case base
        case copyFrom = "copy-from"
        case add, context, parent
    }

    public var role: Role
    public var reference: String
    public var digest: Digest

    public init(role: Role, reference: String, digest: Digest) {
        self.role = role
        self.reference = reference
        self.digest = digest
    }
}

public struct LayerCommitted: Hashable, Sendable, Codable {
    public var descriptor: Descriptor
    public var diffID: Digest

    public init(descriptor: Descriptor, diffID: Digest) {
        self.descriptor = descriptor
        self.diffID = diffID
    }
}

public struct Progress: Hashable, Sendable, Codable {
    /// What moves, for the user: `unpacking debian:bookworm`.
    public var activity: String
    public var bytesDone: Int64
    public var bytesTotal: Int64?

    public init(activity: String, bytesDone: Int64, bytesTotal: Int64?) {
        self.activity = activity
        self.bytesDone = bytesDone
        self.bytesTotal = bytesTotal
    }
}

public struct Warning: Hashable, Sendable, Codable {
    public var message: String
    /// First line of the instruction in the Dockerfile, if one is meant.
    public var line: Int?

    public init(message: String, line: Int? = nil) {
        self.message = message
        self.line = line
    }
}

/// The finished image, all of it in the store.
public struct JobResult: Hashable, Sendable, Codable {
    public var manifest: Descriptor
    public var config: Descriptor
    public var layers: [Descriptor]
    public var diffIDs: [Digest]
    /// Digest over the ordered diffIDs: equal for equal root file systems.
    public var rootfsDigest: Digest
    /// Steps that make a layer, or would.
    public var steps: Int
    public var cachedSteps: Int
    /// Sum of the compressed layers.
    public var sizeInBytes: Int64
    /// The manifest digest of the target stage's base image; nil for `scratch`.
    public var baseDigest: Digest?
    public var baseLabels: [String: String]

    public init(
        manifest: Descriptor, config: Descriptor, layers: [Descriptor], diffIDs: [Digest], rootfsDigest: Digest,
        steps: Int, cachedSteps: Int, baseDigest: Digest?, baseLabels: [String: String]
    ) {
        self.manifest = manifest
        self.config = config
        self.layers = layers
        self.diffIDs = diffIDs
        self.rootfsDigest = rootfsDigest
        self.steps = steps
        self.cachedSteps = cachedSteps
        self.sizeInBytes = layers.reduce(0) { $0 + $1.size }
        self.baseDigest = baseDigest
        self.baseLabels = baseLabels
    }
}

public struct JobFailure: Error, Hashable, Sendable, Codable {
    /// Who must act; `retry.when` and exit codes hang on it.
    public enum Class: String, Hashable, Sendable, Codable {
        /// Syntax or semantics of the Dockerfile.
        case dockerfile
        /// A step ended with a non-zero status.
        case step
        /// A file of the build context is missing or unreadable.
        case context
        /// A step ran out of memory.
        case oom
        case timeout, cancelled
        case network, registry
        /// The machine: no sandbox, full disk, damaged store.
        case host
        /// A defect of build-all: an executor that died without a word.
        case `internal`
        /// No failure: the shell that was asked for was there and has ended, with `exitCode`.
        case shell
        /// No failure: steps would run, and only their reasons were asked for.
        case explained
    }

    public var `class`: Class
    /// The whole text for the user: excerpt, message, hint; several lines.
    public var message: String
    /// One line.
    public var summary: String
    public var exitCode: Int?
    public var isTemporary: Bool

    public init(class: Class, message: String, summary: String, exitCode: Int? = nil, isTemporary: Bool = false) {
        self.class = `class`
        self.message = message
        self.summary = summary
        self.exitCode = exitCode
        self.isTemporary = isTemporary
    }
}

extension JobFailure: CustomStringConvertible {
    public var description: String { message }
}
