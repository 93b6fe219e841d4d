internal import Glibc
internal import Jobs
internal import Sandbox
internal import SystemPackage
internal import Threads

/// Ends steps that take more of the machine than their image may have, where the kernel does not see to it: of the disk
/// everywhere, of memory where no control group holds it.
final class StepWatch: Sendable {
    enum Excess: Equatable {
        case disk, memory
    }

    private struct State {
        /// Of steps that have ended well.
        var finished: Int64 = 0
        /// Of those that run.
        var running: [ObjectIdentifier: Int64] = [:]

        var total: Int64 { running.values.reduce(finished, +) }
    }

    private static let interval: CInt = 25

    private let disk: Int64?
    private let memory: Int64?
    private let log: StepLog
    private let state = Monitor(State())

    /// `watchesMemory`: nothing else holds the sum of the processes.
    init(_ limits: Limits, watchesMemory: Bool, log: StepLog) {
        disk = limits.diskInBytes
        memory = watchesMemory ? limits.memoryInBytes : nil
        self.log = log
    }

    /// Runs the body, which waits for the step, and watches meanwhile what it writes to `folders`. Returns what it was ended for.
    func watching<Result>(
        _ step: RunningStep, folders: [FilePath], _ body: () throws -> Result
    ) throws -> (Result, Excess?) {
        guard disk != nil || memory != nil else { return (try body(), nil) }
        let found = Monitor<Excess?>(nil)
        let meter = disk == nil ? nil : try DiskMeter(folders)
        let thread = try WorkerThread { [self] in
            let excess = watch(step, meter)
            found.change { $0 = excess }
        }
        defer { state.change { _ = $0.running.removeValue(forKey: ObjectIdentifier(step)) } }
        let result = Swift.Result { try body() }
        thread.join()
        return (try result.get(), found.change { $0 })
    }

    /// What a step that is over has written. Throws when that is too much.
    func add(_ folder: FilePath) throws {
        guard let disk else { return }
        let size = try DiskMeter.size(of: folder)
        let total = state.change { state in
            state.finished += size
            return state.total
        }
        if total + log.byteCount > disk { throw ExecutionError.overDisk(command: nil, limit: disk) }
    }

    private func watch(_ step: RunningStep, _ meter: DiskMeter?) -> Excess? {
        var meter = meter
        while !hasEnded(step) {
            let fillsDisk = isOverDisk(step, &meter)
            guard fillsDisk || memory.map(MemoryMeter.exceeds) == true else { continue }
            step.terminate(grace: .zero)
            return fillsDisk ? .disk : .memory
        }
        return nil
    }

    private func hasEnded(_ step: RunningStep) -> Bool {
        var polled = pollfd(fd: step.pidfd, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, Self.interval) == 1
    }

    private func isOverDisk(_ step: RunningStep, _ meter: inout DiskMeter?) -> Bool {
        guard let disk, meter != nil else { return false }
        let others = state.change { state in
            state.total - (state.running[ObjectIdentifier(step)] ?? 0)
        }
        do {
            try meter?.update(room: disk - others - log.byteCount)
        } catch {
            // The folders are ours and there until the step has ended; what cannot be read now may be a moment later.
            return false
        }
        let bytes = meter?.bytes ?? 0
        state.change { $0.running[ObjectIdentifier(step)] = bytes }
        return others + bytes + log.byteCount > disk
    }
}
