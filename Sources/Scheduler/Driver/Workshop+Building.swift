internal import Jobs
internal import OCI
internal import Planning
internal import Storage
internal import Synchronization
internal import SystemPackage

extension Workshop {
    /// Runs the executor of an attempt to its end; nil when the image is in the store.
    ///
    /// - Parameter other: for whom an image that was built before is made again; its time passes, and its end is theirs.
    func build(_ attempt: Attempt, for other: Attempt? = nil) async -> JobFailure? {
        let owner = other ?? attempt
        switch plan.images[attempt.image].job {
        case .failure(let failure): return failure
        case .success(let template):
            // Each round strikes out an entry at least: no image has so many.
            for _ in 0..<1000 {
                attempt.update { ($0.lost, $0.lostSteps, $0.steps) = ([], 0, []) }
                switch await execute(prepared(template, attempt), attempt, for: owner) {
                case .failure(let failure):
                    guard await isWorthAnother(attempt, for: owner) else { return failure }
                case .success(let result):
                    attempt.update {
                        $0.result = result
                        $0.builtAt = environment.clock.secondsSince1970
                    }
                    library.add(result, of: attempt.image)
                    return nil
                }
            }
            return Self.lostAgain
        }
    }

    private static var lostAgain: JobFailure {
        let text = "cached layers turn out to be others again and again"
        return JobFailure(class: .internal, message: text, summary: text)
    }

    /// Whether the build ended because of a cached layer that is not what was said: the next one does not find it any more.
    private func isWorthAnother(_ attempt: Attempt, for owner: Attempt) async -> Bool {
        guard !owner.control.isUnwanted, !Task.isCancelled else { return false }
        let facts = attempt.facts
        if facts.lostSteps > 0 { return true }
        return await makeUp(for: facts.lost, of: attempt, for: owner)
    }

    /// Writes the outputs of a built image; cancelled when the attempt's cancellation is given.
    func publish(_ image: Int, _ group: inout DiscardingTaskGroup) {
        guard let attempt = current(image), let result = attempt.facts.result else {
            preconditionFailure("only a built image is published")
        }
        let cancellation = attempt.beginPublishing()
        group.addTask { [self] in
            var failure: JobFailure?
            do {
                let published = try await cancellation.cancelling { try await self.publish(attempt, result) }
                attempt.update { $0.published = published }
            } catch {
                failure = JobFailure(error)
            }
            outbox.yield(.event(.published(image: image, failure: failure)))
        }
    }

    /// A cached layer that turns out not to be there when an output wants it is made anew, and with it the image.
    private func publish(_ attempt: Attempt, _ built: JobResult) async throws -> Publisher.Published {
        var result = built
        for _ in 0..<1000 {
            do {
                let published = try await publisher.publish(plan.images[attempt.image], result) { move in
                    await self.recorder.record(
                        .tagMoved(move, build: attempt.build, at: self.environment.clock.secondsSince1970))
                }
                await publishSteps(of: attempt, result)
                return published
            } catch let lost as LostLayer {
                guard await makeUp(for: [lost.digest], of: attempt, for: attempt) else { throw lost.cause }
                try await remake(attempt)
                result = attempt.facts.result ?? result
            }
        }
        throw Self.lostAgain
    }

    /// For those who read the image as `cache.from`; only where its own manifest entry has a cache that is shared.
    private func publishSteps(of attempt: Attempt, _ result: JobResult) async {
        let image = plan.images[attempt.image]
        guard image.cache?.listsSteps == true, image.outputs.contains(.push) else { return }
        await cache.publish(
            attempt.facts.steps, of: result, to: image.tags.compactMap { $0.isRemote ? $0.reference : nil })
    }

    private func prepared(_ template: Job, _ attempt: Attempt) -> Job {
        var job = template
        job.build = attempt.build
        job.namedContexts = job.namedContexts.mapValues(\.withoutSecrets)
        job.stateFolder = environment.state.root.string
        job.logFile = LogPath(environment, image: job.image).absolute
        return job
    }

    private func execute(
        _ job: Job, _ attempt: Attempt, for owner: Attempt
    ) async -> Result<JobResult, JobFailure> {
        guard !owner.control.isUnwanted, !Task.isCancelled else { return .failure(.cancelled) }
        do {
            try LogPath(environment, image: job.image).prepare()
            let executor = try await environment.launcher.launch(job)
            owner.control.attach(executor)
            for warning in executor.warnings {
                await recorder.post(.warning(image: job.image, message: warning), build: attempt.build)
            }
            return await session(executor, job, attempt, for: owner).run()
        } catch {
            let failure = JobFailure(error)
            return .failure(JobFailure(class: .host, message: failure.message, summary: failure.summary))
        }
    }

    private func session(
        _ executor: any RunningExecutor, _ job: Job, _ attempt: Attempt, for owner: Attempt
    ) -> ExecutorSession {
        let image = owner.image
        let desk = AttemptDesk(attempt, plan: plan, services: services)
        let pulse = Pulse(clock: environment.clock) { [outbox] in outbox.yield(.event(.activity(image: image))) }
        return ExecutorSession(
            channel: ExecutorChannel(executor: executor, poller: poller), clock: environment.clock,
            logFile: job.logFile,
            observe: { [self] event in
                pulse.beat()
                await observe(event, attempt)
            },
            answer: { [outbox] request in
                outbox.yield(.event(.serving(image: image)))
                defer { outbox.yield(.event(.served(image: image))) }
                return await desk.answer(request)
            },
            reaped: { usage in
                owner.control.detach()
                desk.close()
                attempt.update { $0.usage = usage }
            })
    }

    private func observe(_ event: JobEvent, _ attempt: Attempt) async {
        attempt.note(event)
        await recorder.post(.image(name: plan.images[attempt.image].name, event), build: attempt.build)
        if case .layer(let layer) = event { outbox.yield(.layer(layer.descriptor, image: attempt.image)) }
    }
}

/// Passes on at most a few signs of life a second: an executor may say thousands of lines.
private final class Pulse: Sendable {
    private static let interval = Duration.milliseconds(200)
    private let clock: any RunClock
    private let pass: @Sendable () -> Void
    private let last: Mutex<Duration>

    init(clock: any RunClock, pass: @escaping @Sendable () -> Void) {
        self.clock = clock
        self.pass = pass
        last = Mutex(clock.now)
    }

    func beat() {
        let now = clock.now
        let isDue = last.withLock { last in
            guard now - last >= Self.interval else { return false }
            last = now
            return true
        }
        if isDue { pass() }
    }
}
