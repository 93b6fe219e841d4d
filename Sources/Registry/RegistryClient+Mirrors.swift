internal import HTTP
internal import OCI
internal import Synchronization

/// What a client has learned of mirrors.
final class MirrorRecord: Sendable {
    private let state = Mutex<(unreachable: Set<String>, told: Set<String>)>(([], []))

    /// From now on it is only asked when nobody else is left.
    func setUnreachable(_ registry: String) { _ = state.withLock { $0.unreachable.insert(registry) } }

    func isUnreachable(_ registry: String) -> Bool { state.withLock { $0.unreachable.contains(registry) } }

    /// Whether this is the first time.
    func tell(_ text: String) -> Bool { state.withLock { $0.told.insert(text).inserted } }
}

extension RegistryClient {
    /// Pulls from the registry's mirrors in order, and last from itself, until one gives what is wanted.
    ///
    /// A mirror that cannot be reached is passed over from then on. Throws the only error there was, or `everywhere`.
    func fromMirrors<Value>(
        of reference: ImageReference, _ body: (RegistryEndpoint) async throws -> Value
    ) async throws -> Value {
        let all = try RegistryEndpoint.forPull(reference, configuration)
        let reachable = all.filter { !$0.isOneOfSeveral || !mirrors.isUnreachable($0.registry) }
        var failures: [RegistryError] = []
        for endpoint in reachable.isEmpty ? all : reachable {
            do {
                return try await body(endpoint)
            } catch let error as RegistryError {
                failures.append(error)
                if endpoint.isOneOfSeveral { await note(error, of: endpoint) }
            }
        }
        throw failures.count == 1 ? failures[0] : .everywhere(failures)
    }

    /// That a mirror does not have something is what it is there for; all else is worth a word.
    private func note(_ error: RegistryError, of endpoint: RegistryEndpoint) async {
        if error.isUnreachable { mirrors.setUnreachable(endpoint.registry) }
        guard !error.isNotFound, mirrors.tell(endpoint.registry) else { return }
        await configuration.warn("the mirror \(endpoint.registry) is passed over: \(error)")
    }
}

extension RegistryError {
    fileprivate var isUnreachable: Bool {
        switch self {
        case .network(_, _, let failure, _): [.nameResolution, .connection, .certificate, .notTLS].contains(failure)
        case .gaveUp(_, let last): last.isUnreachable
        default: false
        }
    }
}
