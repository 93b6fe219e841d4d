internal import Manifest
internal import Planning
internal import Sandbox
internal import Scheduler
internal import Storage
internal import SystemPackage

/// Where executors run: the state folder, locked for as long as this value lives, and how they are started there.
struct RunSite {
    let state: StateFolder
    let launcher: SandboxLauncher
    private let lock: RunLock

    /// Throws when another run has the folder, or the machine cannot sandbox as the manifest asks.
    init(
        _ batch: BatchManifest?, state options: StateOptions, isolation wanted: String?, force: Bool = false,
        waits: Bool
    )
        throws
    {
        state = try options.prepared()
        lock = try Self.lock(state, waits: waits)
        let isolation = try IsolationChoice(wanted: wanted, force: force, state: state)
        if let batch { try isolation.check(batch) }
        if isolation.rung == .inplace {
            try InPlaceProgram(folder: ExecutorProgramFile.path().removingLastComponent()).prepare()
        }
        try Self.keepOwners(isolation.rung, in: state)
        launcher = try Self.launcher(isolation.rung, state)
    }

    static func launcher(_ rung: Rung, _ state: StateFolder) throws -> SandboxLauncher {
        SandboxLauncher(executable: try ExecutorProgramFile.path(), rung: rung, stateFolder: state.root)
    }

    /// In place it leaves what this run needs, and from here on nothing else is read by its name; `files` are.
    func launcher(
        for batch: BatchManifest, _ plan: BuildPlan, reading files: @autoclosure () -> [String]
    ) throws -> SandboxLauncher {
        guard launcher.isInPlace else { return launcher }
        let kept = try InPlaceSite(batch: batch, plan: plan, files: files()).fix()
        return launcher.keeping(kept.paths, contexts: kept.contexts)
    }

    private static func keepOwners(_ rung: Rung, in state: StateFolder) throws {
        do {
            guard try state.keep(owners: rung.storedOwners()) else { return }
            Console.standardError.write(
                "isolation \(rung.rawValue) keeps other owners on the disk: layers are unpacked again\n")
        } catch {
            throw CommandFailure(.host, "\(error)")
        }
    }

    private static func lock(_ state: StateFolder, waits: Bool) throws -> RunLock {
        do {
            return try RunLock.acquire(state, wait: waits) { pid in
                let holder = pid.map { " (pid \($0))" } ?? ""
                Console.standardError.write("waiting for another run\(holder) in \(state.root)\n")
            }
        } catch {
            if case .lockedByAnotherRun = error { throw CommandFailure(.locked, "\(error)") }
            throw CommandFailure(.host, "\(error)")
        }
    }

    /// Removes what a killed run left.
    func sweep() async throws {
        do {
            try GuestFolder.sweep(state)
            let report = try state.sweep()
            if report.droppedLayers > 0 || report.droppedContexts > 0 || !report.droppedBlobs.isEmpty {
                Console.standardError.write(
                    "after an unclean reboot \(report.droppedLayers) unpacked layers, \(report.droppedContexts) fetched contexts and \(report.droppedBlobs.count) damaged blobs were dropped\n"
                )
            }
            if !report.foreign.isEmpty { try await launcher.sweep() }
        } catch {
            throw CommandFailure(.host, "sweeping the state folder: \(error)")
        }
        // From here on what is there now is safe from a power loss; nobody waits for it.
        BackgroundWork.start { [state] in
            do {
                try state.synchronize()
            } catch {
                Console.standardError.write("warning: \(error)\n")
            }
        }
    }

    /// Executors clean up behind themselves, but for those that had to be killed.
    func sweepAfterKills() async {
        do {
            if try !state.sweepAfterKills().isEmpty { try await launcher.sweep() }
        } catch {
            Console.standardError.write("warning: sweeping the state folder: \(error)\n")
        }
    }
}
