public import OCI

/// What `executor push` is told.
public struct PushOptions: Sendable {
    /// Absolute.
    public let path: String
    public let destinations: [ImageReference]
    public let registries: RegistryOptions
    public let log: LogOptions

    public init(_ flags: GivenFlags, _ surroundings: Surroundings) throws(KanikoError) {
        guard let path = flags.arguments.first else { throw .missingValue("executor push: PATH") }
        if flags.arguments.count > 1 { throw .unexpectedArgument(flags.arguments[1], after: nil) }
        self.path = surroundings.absolute(path)
        var references: [ImageReference] = []
        for text in flags.texts("destination") {
            references.append(try OutputOptions.reference(text, "--destination"))
        }
        guard !references.isEmpty else { throw .noDestination }
        destinations = references
        registries = try RegistryOptions(flags, KanikoVariables(surroundings.environment))
        log = try LogOptions(flags)
    }
}
