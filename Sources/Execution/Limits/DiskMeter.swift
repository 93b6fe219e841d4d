internal import FileSystem
internal import Glibc
internal import Storage
internal import SystemPackage

/// What a running step has written to some folders, measured as seldom as can be.
///
/// A walk through the folders costs as much as they have files, so there is one only when so much of the file system was
/// taken meanwhile that the step may be over its limit, or when the last one is long ago for what it cost.
struct DiskMeter {
    /// A name and an inode; so that a step cannot fill the disk with empty files.
    static let costOfEntry: Int64 = 512
    /// How often in a row a walk may have been disturbed before the file system's own figure is believed.
    private static let mostDisturbed = 10

    private let folders: [FilePath]
    private let before: Int64
    private let availableBefore: Int64
    private var available: Int64
    private var walked = ContinuousClock.now
    private var cost = Duration.zero
    private var disturbed = 0
    /// Since the beginning; what was there then does not count.
    private(set) var bytes: Int64 = 0

    init(_ folders: [FilePath]) throws {
        self.folders = folders
        before = try Self.measure(folders).bytes
        available = Self.available(folders)
        availableBefore = available
    }

    /// Looks again, if that may make a difference to someone who has `room` left.
    mutating func update(room: Int64) throws {
        let free = Self.available(folders)
        let idle = ContinuousClock.now - walked
        guard (bytes + available - free > room && idle > cost * 4) || idle > max(.seconds(1), cost * 20) else { return }
        try walk()
        available = free
    }

    mutating func walk() throws {
        let start = ContinuousClock.now
        let (measured, isComplete) = try Self.measure(folders)
        bytes = max(0, measured - before)
        disturbed = isComplete ? 0 : disturbed + 1
        if disturbed >= Self.mostDisturbed { bytes = max(bytes, availableBefore - Self.available(folders)) }
        walked = ContinuousClock.now
        cost = walked - start
    }

    /// What a folder takes that nobody changes any more.
    static func size(of folder: FilePath) throws -> Int64 { try measure([folder]).bytes }

    private static func measure(_ folders: [FilePath]) throws -> (bytes: Int64, isComplete: Bool) {
        var size = StoredSize()
        for folder in folders { try size.add(OpenFile.open(folder.string, [.read, .directory, .noFollow])) }
        return (size.bytes + size.entries * costOfEntry, size.isComplete)
    }

    /// Bytes free on the file system of the first folder.
    private static func available(_ folders: [FilePath]) -> Int64 {
        var status = statvfs()
        guard let first = folders.first, statvfs(first.string, &status) == 0 else { return 0 }
        return Int64(status.f_bfree) * Int64(status.f_frsize)
    }
}
