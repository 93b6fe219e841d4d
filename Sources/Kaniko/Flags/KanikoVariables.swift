/// The variables of the environment that kaniko reads.
struct KanikoVariables {
    /// Those that do nothing here, and why.
    static let idle: [(name: String, reason: String)] = [
        ("KANIKO_PRE_CLEANUP", "only inplace builds among the container's own files"),
        ("KANIKO_PRESERVE_CONTEXT", "a build never changes its context"),
        ("KANIKO_IGNORE_ASSERTIONS", "there are no assertions to ignore"),
        ("KANIKO_TELEMETRY_ENDPOINT", "nothing is sent anywhere: see build-all history"),
        ("KANIKO_TELEMETRY_OMIT_DOCKERFILE", "nothing is sent anywhere: see build-all history"),
        ("SNAPSHOT_TIMEOUT_DURATION", "there is no snapshot of the file system to wait for"),
    ]

    private let environment: [String: String]

    init(_ environment: [String: String]) { self.environment = environment.filter { !$0.value.isEmpty } }

    /// Nil if it is not set, or empty.
    subscript(_ name: String) -> String? { environment[name] }

    func boolean(_ name: String) throws(KanikoError) -> Bool? {
        guard let text = environment[name] else { return nil }
        guard let value = GoText.boolean(text) else { throw .badValue(name, text, reason: "true or false is needed") }
        return value
    }

    /// One line for each variable that is set and does nothing.
    var notes: [String] {
        Self.idle.compactMap { environment[$0.name] == nil ? nil : "\($0.name) does nothing: \($0.reason)" }
            + FeatureFlag.notes(environment)
    }
}
