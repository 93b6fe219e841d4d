internal import Jobs
internal import Manifest
internal import OCI
internal import Planning
internal import Reporting
internal import Scheduler
internal import Storage
internal import SystemPackage

/// One `warm`: finds the images, fetches them, says what became of each.
struct WarmSession {
    private let command: WarmCommand
    private let given: BatchManifest?
    private let registry: (any ImageRegistry)?

    /// `batch` and `registry`: instead of what the command names.
    init(_ command: WarmCommand, batch: BatchManifest? = nil, registry: (any ImageRegistry)? = nil) {
        self.command = command
        given = batch
        self.registry = registry
    }

    func run() async throws -> ExitStatus { try await report().status }

    /// How many images came, and how many did not.
    func counts() async throws -> (warmed: Int, failed: Int) {
        let report = try await report()
        return (report.warmed.count, report.failures.count)
    }

    private func report() async throws -> Report {
        let batch = try given ?? command.batch()
        let plan = try await plan(batch)
        let (references, platforms) = try (command.references(), command.platforms())
        let (target, site) = try await target(batch)
        let quiet = command.quiet || command.json
        let warmer = ImageWarmer(registry: try registry ?? RegistrySettings.client(batch), target: target) { line in
            if !quiet { Console.standardError.write(line + "\n") }
        }
        let named = references.flatMap { reference in
            (platforms.isEmpty ? [.host] : platforms).map { ExternalImage(reference: reference, platform: $0) }
        }
        let interruption = Interruption()
        let report = try await interruption.cancelling {
            var report = Report()
            await Self.fetch(named, plan, platforms, warmer, &report)
            return report
        }
        await site?.sweepAfterKills()
        try show(report)
        if let signal = interruption.received, !report.failures.isEmpty { throw ExitStatus(signal: signal) }
        return report
    }

    /// Dockerfiles in contexts from elsewhere name base images too.
    private func plan(_ batch: BatchManifest?) async throws -> BuildPlan? {
        guard let batch else { return nil }
        return try await ContextPlanner.planBesideRuns(
            batch, PlanOptions(), selecting: command.select, state: command.state, onlyRead: true)
    }

    /// The store belongs to one process at a time, a folder to all.
    private func target(_ batch: BatchManifest?) async throws -> (ImageWarmer.Target, RunSite?) {
        if let folder = command.into {
            do {
                return (.folder(try BaseCacheWriter(FilePath.absolute(folder))), nil)
            } catch {
                throw CommandFailure(.host, "--into \(folder): \(error)")
            }
        }
        let site = try RunSite(batch, state: command.state, isolation: command.isolation, waits: command.wait)
        try await site.sweep()
        let layers = try LayerStore(site.state)
        let target = ImageWarmer.Target.store(try BlobStore(site.state), try ReferenceRecords(site.state)) { stack in
            if try stack.diffIDs.contains(where: { try layers.directory(of: $0) == nil }) {
                try await site.launcher.unpack(stack)
            }
        }
        return (target, site)
    }

    // MARK: - Fetching

    private struct Report: Sendable {
        var warmed: [ImageWarmer.Warmed] = []
        var failures: [(name: String, failure: JobFailure)] = []
        /// Images and their ONBUILD triggers.
        var known: [ExternalImage: [String]] = [:]

        var status: ExitStatus {
            let classes = Set(failures.map(\.failure.class))
            return classes.isEmpty ? .success : classes.isSubset(of: [.network, .registry]) ? .temporary : .imageFailed
        }
    }

    /// Until no ONBUILD names anything new.
    private static func fetch(
        _ named: [ExternalImage], _ plan: BuildPlan?, _ platforms: [Platform], _ warmer: ImageWarmer,
        _ report: inout Report
    ) async {
        var unreadable: Set<Int> = []
        while true {
            var wanted = named
            for position in plan?.images.indices ?? 0..<0 where !unreadable.contains(position) {
                guard let plan else { continue }
                do throws(JobFailure) {
                    wanted += try plan.externalImages(of: position) { report.known[$0] ?? [] }
                } catch {
                    unreadable.insert(position)
                    report.failures.append((plan.images[position].name, error))
                }
            }
            let new = spread(wanted, platforms).filter { report.known[$0] == nil }
            if new.isEmpty { return }
            for (image, result) in zip(new, await warmer.warm(new)) {
                switch result {
                case .success(let warmed):
                    report.known[image] = warmed.config.config?.onBuild ?? []
                    report.warmed.append(warmed)
                case .failure(let failure):
                    report.known[image] = []
                    report.failures.append(("\(image.reference.familiar) \(image.platform)", failure))
                }
            }
        }
    }

    /// Each once, for the platforms that were asked for.
    private static func spread(_ images: [ExternalImage], _ platforms: [Platform]) -> [ExternalImage] {
        var seen: Set<ExternalImage> = []
        let all = images.flatMap { image in
            platforms.isEmpty ? [image] : platforms.map { ExternalImage(reference: image.reference, platform: $0) }
        }
        return all.filter { seen.insert($0).inserted }
    }

    // MARK: - Saying

    private struct Row: Encodable {
        var reference: String
        var platform: String
        var digest: String
        var sizeInBytes: Int64
        var fetchedBytes: Int64
    }

    private func show(_ report: Report) throws {
        for failure in report.failures { Console.standardError.write("\(failure.name): \(failure.failure.message)\n") }
        let rows = report.warmed.map { warmed in
            Row(
                reference: warmed.image.reference.familiar, platform: warmed.image.platform.description,
                digest: warmed.digest.description, sizeInBytes: warmed.sizeInBytes, fetchedBytes: warmed.fetchedBytes)
        }
        if command.json {
            Console.standardOutput.write(String(decoding: try OCIDocument.encode(rows), as: UTF8.self) + "\n")
        } else if command.quiet {
            Console.standardOutput.write(lines: rows.map(\.digest))
        } else if !rows.isEmpty || report.failures.isEmpty {
            let lines = rows.map { row in
                WarmLine(
                    reference: row.reference, platform: row.platform, digest: row.digest, sizeInBytes: row.sizeInBytes,
                    fetchedBytes: row.fetchedBytes)
            }
            Console.standardOutput.write(lines: WarmLine.lines(lines, width: Console.standardOutput.size?.columns))
        }
    }
}
