/// Why a command line of kaniko's cannot be followed.
public enum KanikoError: Error, Equatable, Sendable {
    /// With its dashes.
    case unknownFlag(String, nearest: String?)
    case missingValue(String)
    /// The flag or variable, and its value.
    case badValue(String, String, reason: String)
    /// What stands there without a flag; the flag before it, if that takes its value behind `=` only.
    case unexpectedArgument(String, after: String?)
    case noDestination
    case nothingToWarm
    case cacheWithoutRepository
    /// A flag whose file has a line for each destination.
    case namesNothing(String)
    /// A path, and the folder of the context in which it is not either, if that is known.
    case noDockerfile(String, context: String?)
}
