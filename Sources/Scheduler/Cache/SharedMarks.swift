internal import FileSystem
internal import Jobs
internal import OCI
internal import Planning
internal import Storage
internal import Synchronization
internal import SystemPackage

/// Which steps of ours a shared cache has: an empty file for each, so that a build that runs nothing asks nothing. For a
/// day; then the cache is asked again, for others sweep it too.
final class SharedMarks: Sendable {
    private static let lifeInSeconds: Int64 = 24 * 3600
    private let folder: FilePath
    /// What was marked before is believed no more.
    private let oldest: FileTime
    private let isSwept = Mutex(false)

    init(_ state: StateFolder, now: Double) {
        folder = state.sharedSteps
        oldest = FileTime(seconds: Int64(now) - Self.lifeInSeconds)
    }

    /// The name for one result at one place: what is made anew has another.
    func mark(_ step: SharedStep, _ place: CachePlace) -> FileName {
        FileName(Digest(of: "\(place) \(step.key) \(step.diffID) \(step.recorded)".utf8).hex)
    }

    func has(_ mark: FileName) throws -> Bool {
        let status = try OpenFile.open(folder.string, [.pathOnly, .directory]).statusIfPresent(of: mark)
        return status.map { $0.modified >= oldest } ?? false
    }

    func set(_ mark: FileName) throws {
        let marks = try OpenFile.open(folder.string, [.read, .directory])
        try marks.open(mark, [.write, .create], mode: 0o600).setTimes(modified: .now)
        if isSwept.withLock({ swept in
            defer { swept = true }; return !swept
        }) {
            try sweep(marks)
        }
    }

    /// Nobody asks for what ran out and was not marked anew.
    private func sweep(_ marks: OpenFile) throws {
        for entry in try marks.entries() {
            guard let status = try marks.statusIfPresent(of: entry.name), status.modified < oldest else { continue }
            try marks.unlink(entry.name)
        }
    }
}
