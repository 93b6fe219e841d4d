internal import Jobs
internal import Planning

// How images end, and what that means for others.
extension BatchState {
    mutating func executorEnded(_ image: Int, _ failure: JobFailure?, at now: Duration) {
        guard case .running(let run) = phases[image] else { return }
        running.remove(image)
        switch (run.stop, failure) {
        case (.some(let stop), _) where stop.failure == nil: end(image, .cancelled)
        case (_, nil): built(image, attempt: run.attempt)
        case (let stop, .some(let failure)):
            fail(image, stop?.failure ?? failure, attempt: run.attempt, isBuilt: false, at: now)
        }
    }

    mutating func published(_ image: Int, _ failure: JobFailure?, at now: Duration) {
        guard case .publishing(let attempt, let isCancelled) = phases[image] else { return }
        publishing.remove(image)
        switch failure {
        case nil: end(image, .done)
        case _ where isCancelled: end(image, .cancelled)
        case .some(let failure): fail(image, failure, attempt: attempt, isBuilt: true, at: now)
        }
    }

    /// The image is in the store: its children need nothing more of it, whatever becomes of its outputs.
    private mutating func built(_ image: Int, attempt: Int) {
        if images[image].publishes {
            publish(image, attempt: attempt)
        } else {
            end(image, .done)
        }
        for child in graph.children[image] {
            guard case .waiting(let parents) = phases[child] else { continue }
            phases[child] = .waiting(parents: parents - 1)
            if parents == 1 { makeReady(child) }
        }
    }

    func hasAttemptsLeft(_ image: Int, after attempt: Int, _ failure: JobFailure) -> Bool {
        course == .normal && attempt < images[image].retry.attempts && images[image].retry.covers(failure)
    }

    mutating func publish(_ image: Int, attempt: Int) {
        phases[image] = .publishing(attempt: attempt, isCancelled: false)
        publishing.insert(image)
        actions.append(.publish(image: image, attempt: attempt))
    }

    private mutating func fail(_ image: Int, _ failure: JobFailure, attempt: Int, isBuilt: Bool, at now: Duration) {
        if hasAttemptsLeft(image, after: attempt, failure) {
            let pause = rules.pause(after: attempt)
            phases[image] = .pausing(Pause(attempt: attempt + 1, until: now + pause, isBuilt: isBuilt))
            pausing.insert(image)
            actions.append(.retry(image: image, attempt: attempt + 1, after: pause, failure: failure))
            return
        }
        end(image, failure.class == .timeout ? .timedOut(failure) : .failed(failure))
        if !isBuilt { block(behind: image) }
        if rules.failFast, course == .normal {
            course = .failing
            cancelAll(killAt: now + rules.grace)
        }
    }

    private mutating func block(behind failed: Int) {
        for image in graph.descendants(of: [failed]).sorted() {
            if case .waiting = phases[image] { end(image, .blocked(by: failed)) }
        }
    }
}

// How the batch is cut short.
extension BatchState {
    mutating func interrupt(at now: Duration) {
        guard course != .interrupted else { return killAll() }
        course = .interrupted
        cancelAll(killAt: now + rules.interruptGrace)
        for image in publishing.sorted() { cancelPublishing(image) }
    }

    private mutating func cancelAll(killAt: Duration) {
        for image in images.indices {
            switch phases[image] {
            case .waiting, .ready: end(image, .cancelled)
            case .pausing:
                pausing.remove(image)
                end(image, .cancelled)
            case .running(let run): cancel(image, run, killAt: killAt)
            case .publishing, .ended: break
            }
        }
    }

    private mutating func cancel(_ image: Int, _ run: Run, killAt: Duration) {
        var run = run
        if let stop = run.stop {
            run.stop = Stop(failure: nil, killAt: stop.killAt.map { min($0, killAt) })
        } else {
            run.stop = Stop(failure: nil, killAt: killAt)
            actions.append(.terminate(image: image))
        }
        phases[image] = .running(run)
    }

    private mutating func cancelPublishing(_ image: Int) {
        guard case .publishing(let attempt, isCancelled: false) = phases[image] else { return }
        phases[image] = .publishing(attempt: attempt, isCancelled: true)
        actions.append(.cancelPublishing(image: image))
    }

    private mutating func killAll() {
        for image in running.sorted() { kill(image) }
    }

    mutating func kill(_ image: Int) {
        guard case .running(var run) = phases[image], run.stop?.killAt != nil else { return }
        run.stop?.killAt = nil
        phases[image] = .running(run)
        actions.append(.kill(image: image))
    }
}
