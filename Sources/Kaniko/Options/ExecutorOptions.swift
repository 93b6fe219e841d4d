/// What a command line of kaniko's `executor` asks for.
public struct ExecutorOptions: Sendable {
    public var source: SourceOptions
    public var output: OutputOptions
    public var cache: CacheOptions
    public var registries: RegistryOptions
    public var site: SiteOptions
    public var log: LogOptions
    /// What the user should know: flags and variables that do nothing.
    public var notes: [String]

    /// Reads flags and variables; looks at files only to find the Dockerfile.
    public init(_ flags: GivenFlags, _ surroundings: Surroundings) throws(KanikoError) {
        try flags.checkNoArguments()
        let variables = KanikoVariables(surroundings.environment)
        log = try LogOptions(flags)
        source = try SourceOptions(flags, surroundings)
        output = try OutputOptions(flags, variables, surroundings)
        cache = try CacheOptions(flags, output, surroundings)
        registries = try RegistryOptions(flags, variables)
        site = try SiteOptions(flags, variables, surroundings)
        notes = flags.idleNotes + variables.notes
    }
}

/// What of the machine decides what a command line means.
public struct Surroundings: Sendable {
    public var environment: [String: String]
    /// Absolute.
    public var workingFolder: String
    /// Whether there is something at an absolute path.
    public var exists: @Sendable (String) -> Bool

    public init(
        environment: [String: String], workingFolder: String, exists: @escaping @Sendable (String) -> Bool
    ) {
        self.environment = environment
        self.workingFolder = workingFolder
        self.exists = exists
    }

    /// From the working folder.
    func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : workingFolder == "/" ? "/\(path)" : "\(workingFolder)/\(path)"
    }
}
