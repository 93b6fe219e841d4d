internal import Export
internal import FoundationEssentials
internal import OCI

/// Removes old entries of a cache folder, as `RemoteSweep` does of a repository: names that are a step's key and say when
/// they were made. Blobs that only they have go too.
public struct FolderSweep: Sendable {
    private let folder: String
    private let limit: Double

    /// - Parameter createdBefore: entries made before then go; in seconds since 1970.
    public init(_ folder: String, createdBefore limit: Double) {
        self.folder = folder
        self.limit = limit
    }

    /// Blocks, also while somebody writes to the folder. Throws `ExportError` for one that is no layout.
    public func run(isDryRun: Bool) throws -> RemoteSweep.Report {
        let layout = try LayoutCleaning(folder)
        let images = try layout.images()
        var report = RemoteSweep.Report()
        report.entries = images.compactMap(RemoteSweep.Entry.init)
            .sorted { ($0.created, $0.key) < ($1.created, $1.key) }
        report.otherTags = images.count - report.entries.count
        report.removed = report.entries.filter { $0.created < limit }
        if !isDryRun, !report.removed.isEmpty { try layout.remove(Set(report.removed.map(\.key))) }
        return report
    }
}

extension RemoteSweep.Entry {
    /// Nil for an image that is no entry.
    fileprivate init?(_ image: LayoutCleaning.Image) {
        guard RemoteSweep.isKey(image.name), let text = image.annotations[RemoteSweep.createdKey],
            let created = try? Date(text, strategy: .iso8601).timeIntervalSince1970
        else { return nil }
        self.init(key: image.name, digest: image.digest, created: created, sizeInBytes: image.sizeInBytes)
    }
}
