/// What the command line says about a plan.
public struct PlanOptions: Hashable, Sendable {
    /// SELECT terms, see `Selection`; none is everything.
    public var selection: [String] = []
    /// `--no-cache`: every step runs.
    public var ignoresCache = false
    /// `--no-push`: `push` outputs are left out.
    public var pushes = true
    /// By image name, how long its last builds took.
    public var seconds: [String: Double] = [:]

    public init() {}
}
