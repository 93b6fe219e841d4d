internal import GRDB
internal import Jobs
internal import OCI

extension HistoryEntry {
    init(_ row: Row) {
        self.init(
            build: row["id"], run: row["run"], image: row["image"], platform: row["platform"],
            attempt: row["attempt"], status: BuildStatus(rawValue: row["status"]) ?? .failed,
            reasons: Self.texts(row["reasons"]), started: row["started"], ended: row["ended"], seconds: row["seconds"],
            digest: row["digest"], rootfsDigest: row["rootfs_digest"], bytes: row["bytes"], steps: row["steps"],
            cached: row["cached"], cpuMilliseconds: row["cpu_ms"], peakMemoryInBytes: row["peak_rss"],
            isolation: row["isolation"], network: row["network"], errorClass: row["error_class"], error: row["error"],
            log: row["log"])
    }

    private static func texts(_ json: String) -> [String] {
        do {
            return try OCIDocument.decode([String].self, from: Array(json.utf8))
        } catch {
            return [json]
        }
    }
}

extension HistoryStep {
    init(_ row: Row) {
        self.init(
            step: row["n"], stage: row["stage"], instruction: row["instruction"], key: row["key"],
            cached: row["cached"], milliseconds: row["ms"], cpuMilliseconds: row["cpu_ms"],
            peakMemoryInBytes: row["peak_rss"], bytes: row["bytes"], miss: row["miss"])
    }
}
