/// Limits of an executor with all its steps.
public struct ResourceLimits: Equatable, Codable, Sendable {
    public var memoryInBytes: Int64?
    /// Processes and threads.
    public var processes: Int?
    /// Processors' worth of time, such as 1.5.
    public var processors: Double?

    public init(memoryInBytes: Int64? = nil, processes: Int? = nil, processors: Double? = nil) {
        self.memoryInBytes = memoryInBytes
        self.processes = processes
        self.processors = processors
    }

    var isEmpty: Bool { memoryInBytes == nil && processes == nil && processors == nil }
}
