/// HEALTHCHECK, as the image config holds it.
public struct HealthCheck: Hashable, Sendable {
    /// `["NONE"]`, `["CMD", …]` or `["CMD-SHELL", text]`.
    public var test: [String]
    public var interval = GoDuration.zero
    public var timeout = GoDuration.zero
    public var startPeriod = GoDuration.zero
    public var startInterval = GoDuration.zero
    /// Zero is unset.
    public var retries = 0
}
