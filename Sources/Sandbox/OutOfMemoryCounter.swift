/// How often the kernel killed a process of a control group for lack of memory.
struct OutOfMemoryCounter: Sendable {
    /// memory.oom_control (version 1) or memory.events (version 2); empty where there is no group.
    let file: String

    /// 0 where nobody counts.
    var value: Int {
        guard !file.isEmpty, let text = TextFile.read(file) else { return 0 }
        let line = text.split(separator: "\n").first { $0.hasPrefix("oom_kill ") }
        return line.flatMap { Int($0.dropFirst("oom_kill ".count)) } ?? 0
    }
}
