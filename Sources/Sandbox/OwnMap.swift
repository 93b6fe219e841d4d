internal import CSandbox

/// The ids of the user namespace that this process is in, and what of them an executor's namespace gets.
struct OwnMap: Equatable {
    struct Range: Equatable {
        let start: UInt64
        let count: UInt64
        var end: UInt64 { start + count }
    }

    /// Ids as they are called here.
    let ranges: [Range]
    let file: String

    /// Lines of uid_map or gid_map: inside, outside, count.
    init(parsing text: String, file: String) {
        self.file = file
        ranges = text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ").compactMap { UInt64($0) }
            return fields.count == 3 ? Range(start: fields[0], count: fields[2]) : nil
        }.sorted { $0.start < $1.start }
    }

    static func read(_ file: String) -> OwnMap { OwnMap(parsing: TextFile.read(file) ?? "", file: file) }

    /// The map of the executor's namespace.
    ///
    /// Where there are ids from 300000 on, those are the image's ids, and one more than all of them is this process's own:
    /// the executor so owns what the scheduler made, and its steps, which do not get that one, own nothing of it. In a
    /// container with ids 0 to 65535 only, all stay what they are; also without CAP_DAC_OVERRIDE, which the scheduler needs
    /// to remove what is not its own. Throws `noIDs` where even those are missing.
    func text(own: UInt32) throws(SandboxError) -> String {
        let shift = UInt64(SubordinateIDs.shift)
        let needed = UInt64(SubordinateIDs.needed)
        if let range = ranges.first(where: { $0.start <= shift && $0.end > shift + needed }), own < shift,
            Capability.missing(of: [.dacOverride]).isEmpty
        {
            let count = range.end - shift - 1
            return "0 \(shift) \(count)\n\(count) \(own) 1\n"
        }
        let present = contiguous
        guard own == 0, present >= needed else {
            throw .noIDs(file: file, found: Int(present), needed: Int(needed))
        }
        return ranges.map { "\($0.start) \($0.start) \($0.count)\n" }.joined()
    }

    /// How many ids there are from 0 on, without a gap.
    private var contiguous: UInt64 {
        ranges.reduce(0) { $1.start == $0 ? $1.end : $0 }
    }
}
