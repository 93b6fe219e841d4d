/// One limit, as files of a control group.
enum ControlSetting {
    case memory(Int64)
    case processes(Int)
    case processors(Double)

    struct File {
        let name: String
        /// A machine may lack the others: swap accounting is often off.
        var isRequired = true
    }

    static func all(of limits: ResourceLimits) -> [ControlSetting] {
        [
            limits.memoryInBytes.map { .memory($0) },
            limits.processes.map { .processes($0) },
            limits.processors.map { .processors($0) },
        ].compactMap(\.self)
    }

    var controller: Controller {
        switch self {
        case .memory: .memory
        case .processes: .pids
        case .processors: .cpu
        }
    }

    func clear(_ limits: inout ResourceLimits) {
        switch self {
        case .memory: limits.memoryInBytes = nil
        case .processes: limits.processes = nil
        case .processors: limits.processors = nil
        }
    }

    /// Files and values, in the order in which the kernel takes them. The period is 100 ms.
    func files(_ version: ControlVersion) -> [(File, String)] {
        switch (self, version) {
        case (.memory(let bytes), .one):
            [
                (File(name: "memory.limit_in_bytes"), "\(bytes)"),
                (File(name: "memory.memsw.limit_in_bytes", isRequired: false), "\(bytes)"),
            ]
        case (.memory(let bytes), .two):
            [(File(name: "memory.max"), "\(bytes)"), (File(name: "memory.swap.max", isRequired: false), "0")]
        case (.processes(let count), _):
            [(File(name: "pids.max"), "\(count)")]
        case (.processors(let count), .one):
            [
                (File(name: "cpu.cfs_period_us"), "100000"),
                (File(name: "cpu.cfs_quota_us"), "\(Int(count * 100_000))"),
            ]
        case (.processors(let count), .two):
            [(File(name: "cpu.max"), "\(Int(count * 100_000)) 100000")]
        }
    }
}
