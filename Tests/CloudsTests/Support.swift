import Foundation
import HTTP
import TestSupport

@testable import Clouds

/// A folder, and the settings of one test: no service of the machine's own, no variables of ours.
struct CloudWorld {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    func configuration(_ environment: [String: String]) -> CloudConfiguration {
        var variables = ["HOME": folder.path, "AWS_EC2_METADATA_DISABLED": "true", "PATH": "/usr/bin:/bin"]
        variables.merge(environment) { $1 }
        var configuration = CloudConfiguration(environment: variables)
        configuration.firmware = folder.path
        configuration.retry = RetryPolicy(attempts: 1)
        // Nothing on loopback is that slow, but the machine may be busy.
        configuration.probeTimeout = .seconds(60)
        configuration.machineTimeout = .seconds(60)
        return configuration
    }

    func write(_ text: String, to name: String) throws -> String {
        try FileManager.default.createDirectory(
            atPath: folder.path(name).split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" },
            withIntermediateDirectories: true)
        try text.write(toFile: folder.path(name), atomically: true, encoding: .utf8)
        return folder.path(name)
    }
}
