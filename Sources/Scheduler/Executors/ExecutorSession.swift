internal import FileSystem
internal import Jobs

/// One executor from its first message to its last: reads what it says, answers what it asks.
struct ExecutorSession: Sendable {
    /// How long an executor may live after its last word.
    static let patience = Duration.seconds(10)

    let channel: ExecutorChannel
    let clock: any RunClock
    /// Where the executor writes the image's log.
    let logFile: String
    /// Called for every event, in order; the next message is read when it returns.
    let observe: @Sendable (JobEvent) async -> Void
    let answer: @Sendable (ExecutorRequest) async -> Answer
    /// Called once, when the process is gone.
    let reaped: @Sendable (ResourceUsage) -> Void

    /// Returns once the executor is gone and reaped: with the image, or why there is none.
    func run() async -> Result<JobResult, JobFailure> {
        let last = await withTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            return await listen(&group)
        }
        await waitUntilGone()
        do {
            let end = try channel.executor.reap()
            reaped(end.usage)
            return last ?? .failure(death(end))
        } catch {
            reaped(ResourceUsage())
            return last ?? .failure(JobFailure(error))
        }
    }

    private func waitUntilGone() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Cut short when it is gone, or nobody wants it any more: a signal to one that is not reaped harms nobody.
                do { try await clock.sleep(until: clock.now + Self.patience) } catch {}
                channel.executor.kill()
            }
            await channel.waitUntilGone()
            group.cancelAll()
        }
    }

    /// What the last event says; nil if the executor ended without one.
    private func listen(_ group: inout TaskGroup<Void>) async -> Result<JobResult, JobFailure>? {
        do {
            while let message = try await channel.next() {
                switch message {
                case .request(let id, let request): serve(request, id: id, &group)
                case .event(let event):
                    await observe(event)
                    if case .finished(let result) = event { return .success(result) }
                    if case .failed(let failure) = event { return .failure(failure) }
                }
            }
            return nil
        } catch {
            // It would go on talking to nobody.
            channel.executor.kill()
            return .failure(JobFailure(class: .internal, message: "\(error)", summary: "\(error)"))
        }
    }

    /// Answers beside the reading: the executor may still send output.
    private func serve(_ request: ExecutorRequest, id: Int, _ group: inout TaskGroup<Void>) {
        group.addTask {
            let answer = await answer(request)
            if Task.isCancelled { return }
            // An executor that gets no answer would wait for ever.
            do { try await channel.send(answer, to: id) } catch { channel.executor.kill() }
        }
    }

    private func death(_ end: ExecutorEnd) -> JobFailure {
        let summary =
            end.ranOutOfMemory
            ? "the image ran out of memory (limits.memory), and its executor was killed"
            : "the executor died (\(end)) before it said how the build went"
        let tail = LogTail.lines(of: logFile, count: 20).map { "  \($0)" }.joined(separator: "\n")
        return JobFailure(
            class: end.ranOutOfMemory ? .oom : .internal,
            message: tail.isEmpty ? summary : "\(summary); its log ends with\n\(tail)",
            summary: summary)
    }
}

/// The end of a log file, for messages.
enum LogTail {
    private static let sizeInBytes = 8192

    /// At most `count` lines of the last 8 KiB; none if there is no log.
    static func lines(of path: String, count: Int) -> [Substring] {
        do {
            let file = try OpenFile.open(path, [.read, .nonBlocking])
            let start = max(0, try file.status().size - Int64(sizeInBytes))
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: sizeInBytes, alignment: 1)
            defer { buffer.deallocate() }
            let size = try file.read(into: buffer, at: start)
            return String(decoding: buffer[..<size], as: UTF8.self).split(separator: "\n").suffix(count)
        } catch {
            return error.isNotFound ? [] : ["(the log cannot be read: \(error))"]
        }
    }
}
