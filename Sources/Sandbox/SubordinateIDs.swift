internal import Glibc

/// The ranges that /etc/subuid or /etc/subgid gives a user, see subuid(5).
struct SubordinateIDs: Equatable {
    struct Range: Equatable {
        let start: UInt32
        let count: UInt32
    }

    /// The fewest ids that an image needs: 0 to 65535.
    static let needed = 65536
    /// Where the ids of steps begin that are nobody's on the machine.
    static let shift: UInt32 = 300000

    let ranges: [Range]

    /// Lines `name:start:count`; the name may be the user's number. Others are skipped, as newuidmap does.
    init(parsing text: String, user: String, uid: UInt32) {
        ranges = text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count == 3, fields[0] == user || fields[0] == String(uid) else { return nil }
            guard let start = UInt32(fields[1]), let count = UInt32(fields[2]), count > 0 else { return nil }
            return Range(start: start, count: count)
        }
    }

    /// Ids in all ranges, and the user's own.
    var total: Int { ranges.reduce(1) { $0 + Int($1.count) } }

    /// The arguments of newuidmap after the pid: 0 is the user's own id, the ranges follow from 1.
    func mapArguments(own: UInt32) -> [String] {
        var arguments = ["0", "\(own)", "1"]
        var inside: UInt64 = 1
        for range in ranges {
            arguments += ["\(inside)", "\(range.start)", "\(range.count)"]
            inside += UInt64(range.count)
        }
        return arguments
    }

    /// The ranges of the user who runs this process. Throws `noSubordinateIDs` when they are too few.
    static func ofCurrentUser(file: String) throws(SandboxError) -> SubordinateIDs {
        let user = currentUserName()
        let ids = SubordinateIDs(parsing: TextFile.read(file) ?? "", user: user, uid: geteuid())
        guard ids.total >= needed else {
            throw .noSubordinateIDs(file: file, user: user, found: ids.total - 1, needed: needed - 1)
        }
        return ids
    }

    private static func currentUserName() -> String {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16384)
        guard getpwuid_r(geteuid(), &record, &buffer, buffer.count, &found) == 0, found != nil,
            let name = record.pw_name
        else { return "\(geteuid())" }
        return String(cString: name)
    }
}
