internal import Clouds
public import HTTP
public import Logging
public import SystemPackage

/// How what lies outside is fetched, and where what is known of it is kept.
public struct ContextsConfiguration: Sendable {
    /// The state folder's `contexts`; it is made when it is needed.
    public var folder: FilePath
    /// For what has no final name yet, on the same file system.
    public var temporary: FilePath
    public var http = HTTPConfiguration()
    public var retry = RetryPolicy()
    public var clock: any NetworkClock = SystemNetworkClock()
    /// What git starts from; variables whose names begin with `GIT_` are left out.
    public var environment: [String: String]
    /// Certificates of the git servers that the manifest names are not looked at.
    public var skipsGitTLS = false
    /// Gets a line for each retry at notice level. No secrets.
    public var log = Logger(label: "build-all.contexts") { _ in SwiftLogNoOpLogHandler() }

    /// Clouds are looked for where the environment says.
    var clouds: CloudConfiguration {
        var clouds = CloudConfiguration(environment: environment)
        (clouds.http, clouds.clock, clouds.log) = (http, clock, log)
        clouds.retry.random = retry.random
        return clouds
    }

    /// All files that are read by their names beside the folders.
    public var hostFiles: [String] { clouds.hostFiles }

    /// The defaults.
    public init(folder: FilePath, temporary: FilePath, environment: [String: String]) {
        self.folder = folder
        self.temporary = temporary
        self.environment = environment
    }
}
