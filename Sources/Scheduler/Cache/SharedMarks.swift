internal import FileSystem
internal import Jobs
internal import OCI
internal import Planning
internal import Storage
internal import SystemPackage

/// Which steps of ours a shared cache has: an empty file for each, so that a build that runs nothing asks nothing.
struct SharedMarks: Sendable {
    private let folder: FilePath

    init(_ state: StateFolder) {
        folder = state.sharedSteps
    }

    /// The name for one result at one place: what is made anew has another.
    func mark(_ step: SharedStep, _ place: CachePlace) -> FileName {
        FileName(Digest(of: "\(place) \(step.key) \(step.diffID) \(step.recorded)".utf8).hex)
    }

    func has(_ mark: FileName) throws -> Bool {
        try OpenFile.open(folder.string, [.pathOnly, .directory]).statusIfPresent(of: mark) != nil
    }

    func set(_ mark: FileName) throws {
        _ = try OpenFile.open(folder.string, [.read, .directory]).open(mark, [.write, .create], mode: 0o600)
    }
}
