internal import FileSystem
internal import Jobs
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#endif

/// The log of one build: every line that steps wrote, raw, with its time and step.
///
/// Any thread may write. A line is `SECONDS #STEP STREAM TEXT`; seconds count from the start of the build. Lines longer than 16 KiB are split.
final class StepLog: Sendable {
    static let longestLine = 16 << 10
    private static let longestTail = 20

    private let file: OpenFile
    private let start = ContinuousClock.now
    /// By step.
    private let tails = Mutex<[Int: [String]]>([:])
    private let written = Mutex<Int64>(0)

    init(_ file: OpenFile) {
        self.file = file
    }

    /// What was written so far.
    var byteCount: Int64 { written.withLock { $0 } }

    /// The last lines that a step wrote, for its error.
    func lastLines(of step: Int) -> [String] { tails.withLock { $0[step] ?? [] } }

    func beginStep(_ step: Int, _ title: String) throws {
        try write("#\(step) \(title)")
    }

    func note(_ text: String) throws {
        try write(text)
    }

    /// Lines that arrived together have one time and are written at once.
    func append(_ lines: [ArraySlice<UInt8>], step: Int, stream: StepOutput.Stream) throws {
        let texts = lines.suffix(Self.longestTail).map { String(decoding: $0, as: UTF8.self) }
        tails.withLock { $0[step] = ($0[step] ?? []).suffix(Self.longestTail - texts.count) + texts }
        let prefix = Array("\(time) #\(step) \(stream.rawValue) ".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(lines.reduce(0) { $0 + $1.count + prefix.count + 1 })
        for line in lines {
            bytes += prefix
            bytes += line
            bytes.append(10)
        }
        written.withLock { $0 += Int64(bytes.count) }
        try file.writeAll(bytes)
    }

    private func write(_ text: String) throws {
        try file.writeAll(Array("\(time) \(text)\n".utf8))
    }

    /// Seconds since the start of the build.
    private var time: String {
        let elapsed = ContinuousClock.now - start
        let milliseconds =
            Int(elapsed.components.seconds) * 1000 + Int(elapsed.components.attoseconds / 1_000_000_000_000_000)
        return "\(milliseconds / 1000).\(String(1000 + milliseconds % 1000).dropFirst())"
    }
}

/// Cuts a stream of bytes into lines of at most `StepLog.longestLine` bytes.
struct LineSplitter {
    private var pending: [UInt8] = []

    /// The lines that are complete with these bytes.
    mutating func add(_ bytes: some Collection<UInt8>) -> [ArraySlice<UInt8>] {
        pending += bytes
        var lines: [ArraySlice<UInt8>] = []
        var start = pending.startIndex
        while let end = pending[start...].firstIndex(of: 10) {
            lines += pieces(of: pending[start..<end])
            start = end + 1
        }
        while pending.count - start >= StepLog.longestLine {
            lines.append(pending[start..<start + StepLog.longestLine])
            start += StepLog.longestLine
        }
        pending = Array(pending[start...])
        return lines
    }

    /// What is left when the stream ends without a newline.
    mutating func finish() -> ArraySlice<UInt8>? {
        defer { pending = [] }
        return pending.isEmpty ? nil : pending[...]
    }

    private func pieces(of line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        guard line.count > StepLog.longestLine else { return [line] }
        return stride(from: line.startIndex, to: line.endIndex, by: StepLog.longestLine).map {
            line[$0..<min($0 + StepLog.longestLine, line.endIndex)]
        }
    }
}
