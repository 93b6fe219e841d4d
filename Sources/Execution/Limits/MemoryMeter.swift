internal import Glibc

/// What the processes below this one have in memory: for machines where no control group can be had.
///
/// Memory that several processes share counts once, as far as the kernel tells (`Pss` of smaps_rollup); where it does not, what
/// each has for itself.
enum MemoryMeter {
    private struct Process {
        let pid: pid_t
        let parent: pid_t
        /// Resident pages that are no file's.
        let pages: Int64
    }

    private static let pageSize = Int64(sysconf(Int32(_SC_PAGESIZE)))

    /// Is it more than `limit` bytes?
    static func exceeds(_ limit: Int64) -> Bool {
        let processes = descendants()
        // Cheap, and never too little but for memory in files: only who is over by this is looked at closely.
        guard processes.reduce(0, { $0 + $1.pages }) * pageSize > limit else { return false }
        let exact = processes.reduce(0) { $0 + (proportional($1.pid) ?? $1.pages * pageSize) }
        return exact > limit
    }

    private static func descendants() -> [Process] {
        var children: [pid_t: [Process]] = [:]
        for process in all() { children[process.parent, default: []].append(process) }
        var found: [Process] = []
        var next = children[getpid()] ?? []
        while let process = next.popLast() {
            found.append(process)
            next += children.removeValue(forKey: process.pid) ?? []
        }
        return found
    }

    private static func all() -> [Process] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var processes: [Process] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let pid = pid_t(name), let process = process(pid) { processes.append(process) }
        }
        return processes
    }

    private static func process(_ pid: pid_t) -> Process? {
        // The name in parentheses may hold anything; the parent is the second field after it.
        guard let stat = text("/proc/\(pid)/stat"), let end = stat.lastIndex(of: ")"),
            let statm = text("/proc/\(pid)/statm")
        else { return nil }
        let fields = stat[end...].split(separator: " ")
        let pages = statm.split(separator: " ").compactMap { Int64($0) }
        guard fields.count > 2, let parent = pid_t(fields[2]), pages.count > 2 else { return nil }
        return Process(pid: pid, parent: parent, pages: max(0, pages[1] - pages[2]))
    }

    private static func proportional(_ pid: pid_t) -> Int64? {
        guard let rollup = text("/proc/\(pid)/smaps_rollup") else { return nil }
        let lines = rollup.split(separator: "\n").filter { $0.hasPrefix("Pss_Anon:") || $0.hasPrefix("Pss_Shmem:") }
        let kilobytes = lines.compactMap { line in line.split(separator: " ").dropFirst().first.flatMap { Int64($0) } }
        return kilobytes.isEmpty ? nil : kilobytes.reduce(0, +) << 10
    }

    private static func text(_ path: String) -> String? {
        let fd = open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(fd, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
}
