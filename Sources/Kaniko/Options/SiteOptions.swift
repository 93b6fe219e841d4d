/// Where and how the build runs.
public struct SiteOptions: Hashable, Sendable {
    /// The state folder; nil for the usual one. Absolute.
    public var state: String?
    /// `--kaniko-dir`. Absolute.
    public var folder: String
    public var isolation: String?
    public var isForced: Bool
    public var cleansUp: Bool
    public var onlyPlans: Bool
    /// Absolute paths of the image, with `*` and `?` in names.
    public var ignoredPaths: [String]
    public var hasOneLayer: Bool
    /// Of Cloud Build: gets a file `images`.
    public var builderOutput: String?

    /// Where kaniko's image has all that is its own.
    public static let usualFolder = "/kaniko"

    init(
        _ flags: GivenFlags, _ variables: KanikoVariables, _ surroundings: Surroundings
    ) throws(KanikoError) {
        let named = flags.text("kaniko-dir") ?? variables["KANIKO_DIR"]
        folder = surroundings.absolute(named ?? Self.usualFolder)
        if let text = flags.text("state") {
            state = surroundings.absolute(text)
        } else if named != nil || (variables["BUILD_ALL_STATE"] == nil && surroundings.exists(folder)) {
            state = "\(folder)/build-all"
        }
        isolation = flags.text("isolation") ?? variables["BUILD_ALL_ISOLATION"]
        isForced = flags.boolean("force") ?? false
        let (cleansUp, onlyPlans) = try (variables.boolean("KANIKO_CLEANUP"), variables.boolean("KANIKO_PRINT_PLAN"))
        self.cleansUp = flags.boolean("cleanup") ?? cleansUp ?? false
        self.onlyPlans = flags.boolean("dryrun") ?? onlyPlans ?? false
        ignoredPaths = flags.texts("ignore-path").map { $0.hasPrefix("/") ? $0 : "/\($0)" }
        hasOneLayer = flags.boolean("single-snapshot") ?? false
        builderOutput = variables["BUILDER_OUTPUT"]
    }
}
