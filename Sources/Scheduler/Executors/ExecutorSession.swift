internal import FileSystem
internal import Jobs

/// One executor from its first message to its last: reads what it says, answers what it asks.
struct ExecutorSession: Sendable {
    let channel: ExecutorChannel
    /// Where the executor writes the image's log.
    let logFile: String
    /// Called for every event but the last, in order; the next message is read when it returns.
    let observe: @Sendable (JobEvent) async -> Void
    let answer: @Sendable (ImageRequest) async -> ImageResponse
    /// Called for every message, and around every answer.
    let note: @Sendable (Sign) -> Void

    enum Sign: Sendable {
        case activity, serving, served
    }

    /// Returns once the executor is gone and reaped: with the image, or why there is none.
    func run() async -> Result<JobResult, JobFailure> {
        let last = await withTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            return await listen(&group)
        }
        await channel.waitUntilGone()
        let end = channel.executor.reap()
        channel.executor.close()
        return last.flatMap { $0.map(Result.success) ?? .failure(death(end)) }
    }

    /// The last event; nil if the executor ended without one.
    private func listen(_ group: inout TaskGroup<Void>) async -> Result<JobResult?, JobFailure> {
        do {
            while let message = try await channel.next() {
                note(.activity)
                switch message {
                case .event(.finished(let result)): return .success(result)
                case .event(.failed(let failure)): return .failure(failure)
                case .event(let event): await observe(event)
                case .request(let request): serve(request, &group)
                }
            }
            return .success(nil)
        } catch {
            return .failure(JobFailure(class: .internal, message: "\(error)", summary: "\(error)"))
        }
    }

    /// Answers beside the reading: the executor may still send output.
    private func serve(_ request: ImageRequest, _ group: inout TaskGroup<Void>) {
        note(.serving)
        group.addTask {
            let response = await answer(request)
            if !Task.isCancelled { await channel.send(response) }
            note(.served)
        }
    }

    private func death(_ end: ExecutorEnd) -> JobFailure {
        let summary = "the executor died (\(end)) without a word"
        let tail = LogTail.lines(of: logFile, count: 20)
        let log = tail.isEmpty ? "" : "; its log ends with\n" + tail.map { "  \($0)" }.joined(separator: "\n")
        return JobFailure(class: .internal, message: summary + log, summary: summary)
    }
}

/// The end of a log file, for messages.
enum LogTail {
    /// At most `count` lines of the last 8 KiB; none if there is no log.
    static func lines(of path: String, count: Int) -> [String] {
        do {
            let file = try OpenFile.open(path, [.read, .nonBlocking])
            let start = max(0, try file.status().size - 8192)
            var bytes = [UInt8](repeating: 0, count: 8192)
            let size = try bytes.withUnsafeMutableBytes { buffer throws(SystemError) in
                try file.read(into: buffer, at: start)
            }
            let lines = bytes[..<size].split(separator: UInt8(ascii: "\n"))
            return lines.suffix(count).map { String(decoding: $0, as: UTF8.self) }
        } catch {
            return ["(the log cannot be read: \(error))"]
        }
    }
}
