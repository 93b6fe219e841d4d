internal import Glibc

/// Why a rung cannot be used.
enum RungRefusal: Error, Equatable {
    case needsRoot
    case needsOrdinaryUser
    /// Capabilities that this process does not have.
    case needsCapabilities([Capability])
    /// It would replace the files of the machine.
    case needsContainer
    case failed(SandboxError)
    case unexpected(String)
}

extension RungRefusal: CustomStringConvertible {
    var description: String {
        switch self {
        case .needsRoot: "only root can do that"
        case .needsOrdinaryUser: "root has rungs of its own"
        case .needsCapabilities(let missing):
            "this process lacks \(missing.map(\.description).joined(separator: ", "))"
        case .needsContainer: "this is no container that could be thrown away"
        case .failed(let error): "\(error)"
        case .unexpected(let text): text
        }
    }

    /// What to do, where one cause explains the failure.
    var remedies: [RungRemedy] {
        switch self {
        case .needsCapabilities(let missing): RungRemedy.capabilities(missing)
        case .failed(.noSubordinateIDs(let file, let user, _, _)):
            [RungRemedy(.debian, "as root: usermod \(Self.option(for: file)) 100000-165535 \(user)")]
        case .failed(.noIDs): RungRemedy.moreIDs
        case .failed(.systemCall("find", _, _)):
            [RungRemedy(.debian, "as root: apt-get install uidmap")]
        case .failed(.systemCall(let call, _, let errno)):
            RungRemedy.table.first { call.hasPrefix($0.call) && ($0.errno == nil || $0.errno == errno) }?.remedies ?? []
        default: []
        }
    }

    private static func option(for file: String) -> String {
        file.hasSuffix("subgid") ? "--add-subgids" : "--add-subuids"
    }
}
