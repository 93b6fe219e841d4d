internal import FileSystem
internal import Jobs
internal import Planning
internal import Synchronization
internal import SystemPackage

/// The sockets of one executor, one for each agent that its steps ask for.
final class AgentSockets: Sendable {
    private struct State {
        var forwarders: [String: AgentForwarder] = [:]
        var isClosed = false
    }

    private let folder: FilePath
    private let keys: KeyAgents
    private let state = Mutex(State())
    /// One forwarder for an agent, however many steps ask at once.
    private let openings = KeyedGate<String>()

    init(folder: FilePath, keys: KeyAgents) {
        self.folder = folder
        self.keys = keys
    }

    /// The path of a socket behind which the agent is, until `close`.
    func socket(for agent: PlannedAgent) async throws -> String {
        try await openings.pass(agent.id) {
            if let known = state.withLock({ $0.forwarders[agent.id] }) { return known.path.string }
            let target = try await target(of: agent)
            let forwarder = try await BlockingWork.run { [folder] in
                try AgentForwarder(in: folder, to: target)
            }
            let isLate = state.withLock { state in
                if !state.isClosed { state.forwarders[agent.id] = forwarder }
                return state.isClosed
            }
            if isLate { forwarder.close() }
            return forwarder.path.string
        }
    }

    func close() {
        let forwarders = state.withLock { state in
            state.isClosed = true
            defer { state.forwarders = [:] }
            return state.forwarders.values
        }
        for forwarder in forwarders { forwarder.close() }
    }

    private func target(of agent: PlannedAgent) async throws -> FilePath {
        switch agent.source {
        case .socket(let path): FilePath(HostFiles.ofProcess.place(path))
        case .keys(let files): try await keys.socket(for: files, id: agent.id)
        }
    }
}
