internal import Jobs
internal import Ledger
internal import OCI
internal import Scheduler
internal import Synchronization

/// Writes what happens in a run to the ledger.
final class LedgerRecorder: LedgerRecording {
    private let writer: LedgerWriter
    private let run: String
    /// What executors said of themselves, by build.
    private let environments = Mutex<[String: BuildEnvironment]>([:])

    init(_ writer: LedgerWriter, run: String) {
        self.writer = writer
        self.run = run
    }

    func begin(_ record: RunRecord, at time: Double) async throws {
        try await writer.record(.runBegan(record))
    }

    func record(_ fact: RunFact) async throws {
        switch fact {
        case .event(let event, let build): try await record(event, build: build)
        case .attemptEnded(let outcome): try await end(outcome)
        case .tagMoved(let move, let build, let at):
            try await writer.record(
                .tagged(
                    reference: move.reference.description, digest: move.digest, previous: move.previous, build: build,
                    at: at))
        case .seen(let reference, let digest, let at):
            try await writer.record(.seen(reference: reference.description, digest: digest, at: at))
        }
    }

    private func record(_ event: RunEvent, build: String?) async throws {
        switch event {
        case .imageStarted(let start): try await writer.record(.buildBegan(BuildStart(start, run: run)))
        case .imageEnded(let outcome): try await end(outcome)
        case .image(_, let event):
            if let build { try await record(event, of: build) }
        case .context, .started, .push, .retry, .warning, .ended: break
        }
    }

    private func record(_ event: JobEvent, of build: String) async throws {
        switch event {
        case .started(let started):
            environments.withLock {
                $0[build] = BuildEnvironment(isolation: started.isolation, network: started.privateNetwork)
            }
        case .stepEnded(let step): try await writer.record(.step(step, build: build))
        case .material(let material): try await writer.record(.material(material, build: build))
        case .stepStarted, .output, .layer, .progress, .warning, .finished, .failed: break
        }
    }

    private func end(_ outcome: ImageOutcome) async throws {
        let environment = environments.withLock { $0[outcome.build ?? ""] } ?? BuildEnvironment()
        try await writer.record(.buildEnded(outcome, run: run, environment: environment))
    }
}

extension BuildStart {
    fileprivate init(_ start: ImageStarted, run: String) {
        self.init(
            id: start.build, run: run, image: start.image, platform: start.platform, attempt: start.attempt,
            at: start.at, log: start.log)
    }
}
