internal import Jobs

// What happens because time passes.
extension BatchState {
    /// When the next `tick` is due; nil when only other events move the batch.
    public var nextDeadline: Duration? {
        let deadlines = running.compactMap { deadline(ofRunning: $0) }
        let pauses = pausing.compactMap { pause(of: $0)?.until }
        return (deadlines + pauses).min()
    }

    mutating func expire(at now: Duration) {
        for image in running.sorted() where deadline(ofRunning: image).map({ $0 <= now }) == true {
            expire(image, at: now)
        }
        for image in pausing.sorted() {
            guard let pause = pause(of: image), pause.until <= now else { continue }
            pausing.remove(image)
            if pause.isBuilt {
                publish(image, attempt: pause.attempt)
            } else {
                makeReady(image, attempt: pause.attempt)
            }
        }
    }

    private mutating func expire(_ image: Int, at now: Duration) {
        guard case .running(var run) = phases[image] else { return }
        guard run.stop == nil else { return kill(image) }
        run.stop = Stop(failure: expiry(of: image, run, at: now), killAt: now + rules.grace)
        phases[image] = .running(run)
        actions.append(.terminate(image: image))
    }

    private func expiry(of image: Int, _ run: Run, at now: Duration) -> JobFailure {
        if let timeout = images[image].timeout, run.started + timeout <= now {
            return .timeout("took longer than \(timeout.brief) (limits.timeout)")
        }
        return .timeout("silent for \((images[image].idle ?? .zero).brief) (limits.idle)")
    }

    private func deadline(ofRunning image: Int) -> Duration? {
        guard case .running(let run) = phases[image] else { return nil }
        if let stop = run.stop { return stop.killAt }
        let timeout = images[image].timeout.map { run.started + $0 }
        let idle = run.isServed ? nil : images[image].idle.map { run.lastActivity + $0 }
        return [timeout, idle].compactMap { $0 }.min()
    }

    private func pause(of image: Int) -> Pause? {
        guard case .pausing(let pause) = phases[image] else { return nil }
        return pause
    }
}

extension JobFailure {
    fileprivate static func timeout(_ text: String) -> JobFailure {
        JobFailure(class: .timeout, message: text, summary: text)
    }
}
