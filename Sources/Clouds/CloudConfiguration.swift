public import HTTP
public import Logging

/// What the services of a cloud are reached with, and where identities are looked for.
public struct CloudConfiguration: Sendable {
    /// The variables that the clouds' own tools read.
    public var environment: [String: String]
    public var http = HTTPConfiguration()
    public var retry = RetryPolicy(attempts: 3)
    public var clock: any NetworkClock = SystemNetworkClock()
    /// How long a service of the machine's own network may take to say that it is there: elsewhere nobody answers.
    public var probeTimeout: Duration = .seconds(1)
    /// The same for one of which the environment or the machine says that it is there.
    public var machineTimeout: Duration = .seconds(10)
    /// The machine's own description, by which a cloud is known.
    public var firmware = "/sys/class/dmi/id"
    /// Gets a line for each retry at notice level. No secrets.
    public var log = Logger(label: "build-all.clouds") { _ in SwiftLogNoOpLogHandler() }

    /// The defaults.
    public init(environment: [String: String]) { self.environment = environment }

    /// The files that it is read from who we are. Some name others: those count as they are named now.
    public var hostFiles: [String] {
        AmazonChain.hostFiles(self) + GoogleChain.hostFiles(self) + AzureDirectory.hostFiles(self)
    }

    /// A variable that is set and not empty.
    func variable(_ names: String...) -> String? {
        names.lazy.compactMap { environment[$0].flatMap { $0.isEmpty ? nil : $0 } }.first
    }

    /// A path in the home folder, if there is one.
    func home(_ path: String) -> String? { variable("HOME").map { "\($0)/\(path)" } }
}
