public import OCI

/// What happens in a run, in order; every fact is in the ledger before it is emitted.
public enum RunEvent: Hashable, Sendable {
    /// A context that is fetched before the run is planned, and so before it has started.
    case context(ContextProgress)
    case started(RunStarted)
    /// An executor was started for an image.
    case imageStarted(ImageStarted)
    /// What an image's executor reports.
    case image(name: String, JobEvent)
    /// Bytes on their way to a registry.
    case push(PushProgress)
    /// An attempt failed and another will be made.
    case retry(RetryScheduled)
    /// An image came to its end, in whichever way; emitted once for each image of the plan.
    case imageEnded(ImageOutcome)
    case warning(image: String?, message: String)
    case ended(RunSummary)
}

public struct ContextProgress: Hashable, Sendable, Codable {
    public enum Phase: String, Hashable, Sendable, Codable {
        case fetching, fetched, failed
    }

    /// Without secrets.
    public var reference: String
    /// Whose context it is, in the order of the manifest.
    public var images: [String]
    public var phase: Phase
    /// The commit, or the digest of an archive.
    public var revision: String?
    /// From its beginning.
    public var seconds: Double

    public init(
        reference: String, images: [String], phase: Phase, revision: String? = nil, seconds: Double = 0
    ) {
        self.reference = reference
        self.images = images
        self.phase = phase
        self.revision = revision
        self.seconds = seconds
    }
}

public struct RunStarted: Hashable, Sendable, Codable {
    /// ULID.
    public var run: String
    public var manifest: String
    /// In the order of the plan.
    public var images: [String]
    /// Executors at once.
    public var slots: Int
    /// Seconds since 1970.
    public var at: Double

    public init(run: String, manifest: String, images: [String], slots: Int, at: Double) {
        self.run = run
        self.manifest = manifest
        self.images = images
        self.slots = slots
        self.at = at
    }
}

public struct ImageStarted: Hashable, Sendable, Codable {
    public var image: String
    public var platform: Platform
    /// ULID of the build in the ledger.
    public var build: String
    /// Counts from 1.
    public var attempt: Int
    /// Seconds since 1970.
    public var at: Double
    /// Relative to the state folder.
    public var log: String

    public init(image: String, platform: Platform, build: String, attempt: Int, at: Double, log: String) {
        self.image = image
        self.platform = platform
        self.build = build
        self.attempt = attempt
        self.at = at
        self.log = log
    }
}

public struct PushProgress: Hashable, Sendable, Codable {
    public var image: String
    /// The repository or tag that is written.
    public var reference: String
    public var bytesDone: Int64
    public var bytesTotal: Int64

    public init(image: String, reference: String, bytesDone: Int64, bytesTotal: Int64) {
        self.image = image
        self.reference = reference
        self.bytesDone = bytesDone
        self.bytesTotal = bytesTotal
    }
}

public struct RetryScheduled: Hashable, Sendable, Codable {
    public var image: String
    /// The attempt that will be made.
    public var attempt: Int
    public var delayInSeconds: Double
    public var reason: String

    public init(image: String, attempt: Int, delayInSeconds: Double, reason: String) {
        self.image = image
        self.attempt = attempt
        self.delayInSeconds = delayInSeconds
        self.reason = reason
    }
}

/// How a build ended; the words of the ledger.
public enum BuildStatus: String, Hashable, Sendable, Codable, CaseIterable {
    /// A new image.
    case built
    /// It was built and is what was there before: same root file system, same config but for times.
    case unchanged
    /// Nothing had to run.
    case fresh
    case retagged
    case failed
    /// An image that it needs did not come about.
    case blocked
    case timedOut = "timed-out"
    case cancelled
    /// The run that it belonged to died; found at the next start.
    case interrupted

    /// Whether the image is there, as it should be.
    public var isSuccess: Bool {
        switch self {
        case .built, .unchanged, .fresh, .retagged: true
        case .failed, .blocked, .timedOut, .cancelled, .interrupted: false
        }
    }
}

/// What came of one image of a run.
public struct ImageOutcome: Hashable, Sendable, Codable {
    public var image: String
    public var platform: Platform
    /// ULID; an image that never started has none.
    public var build: String?
    public var attempt: Int = 1
    public var status: BuildStatus
    /// From the list of `docs/ledger.md`, such as `never_built` or `context_changed:src/a.c`.
    public var reasons: [String] = []
    /// Of the image manifest.
    public var digest: Digest?
    public var rootfsDigest: Digest?
    /// Whole references that now point at the image.
    public var tags: [String] = []
    /// Seconds since 1970: when it could have started, did, and ended.
    public var queued: Double?
    public var started: Double?
    public var ended: Double?
    public var steps: Int = 0
    public var cachedSteps: Int = 0
    /// Compressed layers together.
    public var sizeInBytes: Int64 = 0
    /// Of the executor and all its steps.
    public var cpuMilliseconds: Double?
    public var peakMemoryInBytes: Int64?
    /// Relative to the state folder.
    public var log: String?
    public var error: JobFailure?

    public init(image: String, platform: Platform, status: BuildStatus) {
        self.image = image
        self.platform = platform
        self.status = status
    }

    /// From the start of its executor to its end.
    public var durationInSeconds: Double? {
        guard let started, let ended else { return nil }
        return ended - started
    }
}

/// What came of a run.
public struct RunSummary: Hashable, Sendable, Codable {
    /// ULID.
    public var run: String
    public var manifest: String
    /// Seconds since 1970.
    public var started: Double
    public var ended: Double
    /// In the order of the plan.
    public var images: [ImageOutcome]
    public var exitCode: Int

    public init(
        run: String, manifest: String, started: Double, ended: Double, images: [ImageOutcome], exitCode: Int
    ) {
        self.run = run
        self.manifest = manifest
        self.started = started
        self.ended = ended
        self.images = images
        self.exitCode = exitCode
    }
}
