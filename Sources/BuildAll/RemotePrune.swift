internal import Manifest
internal import OCI
internal import Registry
internal import Reporting
internal import Scheduler

/// `build-all prune --remote`: a cache repository of a registry, or a cache folder.
struct RemotePrune {
    var repository: String
    var olderThan: String?
    /// For its `registries:`.
    var manifest: String?
    var isDryRun: Bool
    var listsItems: Bool

    func run() async throws -> StoreReport {
        guard let olderThan else {
            throw CommandFailure(.usage, "--remote: which entries go is said by --older-than, as 14d")
        }
        let limit = secondsNow() - (try Moment.duration(olderThan))
        if repository.hasPrefix("oci:") { return try swept(String(repository.dropFirst("oci:".count)), limit) }
        let batch = try manifest.map { try ManifestFile.load($0, variables: [], run: "prune", now: secondsNow()) }
        let sweep = RemoteSweep(try RegistrySettings.client(batch), repository: try reference(), createdBefore: limit)
        do {
            let report = try await sweep.run(isDryRun: isDryRun)
            if !report.removed.isEmpty, !isDryRun {
                Console.standardError.write("the registry frees the blobs of what went when it collects its garbage\n")
            }
            return self.report(report)
        } catch let error as RegistryError {
            if case .cannotDelete = error {
                throw CommandFailure(
                    .imageFailed,
                    "\(error); docker-registry deletes when REGISTRY_STORAGE_DELETE_ENABLED=true is in its environment")
            }
            throw CommandFailure(.temporary, "\(error)")
        }
    }

    private func swept(_ folder: String, _ limit: Double) throws -> StoreReport {
        do {
            return report(try FolderSweep(folder, createdBefore: limit).run(isDryRun: isDryRun))
        } catch {
            throw CommandFailure(.imageFailed, "\(error)")
        }
    }

    /// Without tag or digest: a whole repository is swept.
    private func reference() throws -> ImageReference {
        do {
            let reference = try ImageReference(repository)
            if reference.tag ?? "latest" == "latest", reference.digest == nil, !repository.hasSuffix(":latest") {
                return reference
            }
        } catch {
            throw CommandFailure(.usage, "--remote \(repository): \(error)")
        }
        throw CommandFailure(.usage, "--remote \(repository): a repository without tag or digest is needed")
    }

    private func report(_ report: RemoteSweep.Report) -> StoreReport {
        let size = report.entries.reduce(0) { $0 + $1.sizeInBytes }
        let row = StoreReport.Row(
            name: "entries", items: report.entries.count, sizeInBytes: size, removedItems: report.removed.count,
            removedBytes: report.removed.reduce(0) { $0 + $1.sizeInBytes }, itemsInUse: report.shared.count)
        let removed = Set(report.removed.map(\.key))
        let items = report.entries.map { entry in
            StoreReport.Item(
                type: "entries", path: entry.key, id: nil, sizeInBytes: entry.sizeInBytes, lastUsed: entry.created,
                isRemoved: removed.contains(entry.key))
        }
        return StoreReport([row], items: listsItems ? items : nil, isDryRun: isDryRun)
    }
}
