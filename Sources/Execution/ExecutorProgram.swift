internal import FileSystem
internal import Glibc
internal import Jobs
internal import Layers
internal import OCI
internal import Sandbox
internal import Storage
internal import SystemPackage

/// The executor's whole life: takes its task, does it, reports how it ended.
public enum ExecutorProgram {
    /// Returns the exit code: 0 when the end was reported, whichever it was.
    public static func run() -> Int32 {
        // Modes of copied files are exact.
        umask(0)
        do {
            let environment = try ExecutorEnvironment.enter()
            let link = SocketLink(environment.socket)
            switch try OCIDocument.decode(ExecutorTask.self, from: environment.job) {
            case .build(let job): try build(job, environment, link)
            case .sweep: try sweep(environment)
            case .remove(let names): try remove(names, environment)
            case .unpack(let stack): try unpack(stack, environment)
            }
            return 0
        } catch {
            writeError("build-all-executor: \(error)\n")
            return 1
        }
    }

    private static func build(_ job: Job, _ environment: ExecutorEnvironment, _ link: SocketLink) throws {
        do {
            let log = StepLog(try OpenFile.open(job.logFile, [.write, .create, .append], mode: 0o600))
            let build = try ImageBuild(
                job: job, stores: Stores(StateFolder(environment.stateFolder)), scheduler: link,
                zygote: environment.zygote, log: log, isolation: environment.rung,
                isCancelled: { environment.isCancelled })
            try build.announce(privateNetwork: .private)
            try link.send(.finished(build.run()))
        } catch let failure as JobFailure {
            try link.send(.failed(failure))
        } catch {
            let failureClass = ImageBuild.failureClass(of: error)
            let summary = "\(error)".split(separator: "\n").last.map(String.init) ?? "\(error)"
            try link.send(.failed(JobFailure(class: failureClass, message: "\(error)", summary: summary)))
        }
    }

    /// Removes what the scheduler's user may not: files of subordinate ids.
    private static func sweep(_ environment: ExecutorEnvironment) throws {
        _ = try StateFolder(environment.stateFolder).sweepAfterKills()
    }

    /// As `sweep`, while a run may use the store.
    private static func remove(_ names: [String], _ environment: ExecutorEnvironment) throws {
        _ = try StateFolder(environment.stateFolder).removeLeftovers(names)
    }

    private static func unpack(_ stack: LayerStack, _ environment: ExecutorEnvironment) throws {
        let stores = try Stores(StateFolder(environment.stateFolder))
        var lowers: [FilePath] = []
        for (layer, diffID) in zip(stack.layers, stack.diffIDs) {
            let directory = try stores.layers.withDirectory(of: diffID) { folder in
                try unpackLayer(layer, diffID: diffID, from: stores.blobs, into: folder, lowers: lowers)
            }
            lowers.removeAll { $0 == directory }
            lowers.insert(directory, at: 0)
        }
    }

    private static func writeError(_ text: String) {
        do {
            try OpenFile(borrowing: 2).writeAll(Array(text.utf8))
        } catch {
            // Nobody is left to tell: the scheduler sees the exit code.
            _ = error
        }
    }
}
