public import Jobs

/// After which failures an image is tried again: `retry` of the batch manifest.
public struct RetryRule: Hashable, Sendable {
    public enum Cause: String, Hashable, Sendable, CaseIterable {
        case network, registry, oom, timeout, any
    }

    /// All attempts, the first included; at least 1.
    public var attempts: Int
    public var causes: Set<Cause>

    public init(attempts: Int = 1, causes: Set<Cause> = []) {
        self.attempts = max(1, attempts)
        self.causes = causes
    }

    /// Whether trying again makes sense after this failure.
    ///
    /// `network` and `registry` mean temporary failures: a wrong password stays wrong. `any` means all but what is as
    /// it is: a Dockerfile or a context with an error in it, and a cancelled build.
    public func covers(_ failure: JobFailure) -> Bool {
        switch failure.class {
        case .cancelled, .dockerfile, .context, .shell, .explained: false
        case .network: causes.contains(.any) || (causes.contains(.network) && failure.isTemporary)
        case .registry: causes.contains(.any) || (causes.contains(.registry) && failure.isTemporary)
        case .oom: !causes.isDisjoint(with: [.any, .oom])
        case .timeout: !causes.isDisjoint(with: [.any, .timeout])
        case .step, .host, .internal: causes.contains(.any)
        }
    }
}
