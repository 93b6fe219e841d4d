internal import Jobs
internal import OCI

extension BuildLog {
    /// What is said of an event.
    func messages(of event: RunEvent) -> [(Level, String)] {
        switch event {
        case .context(let context): [message(of: context)]
        case .image(_, let event): messages(of: event)
        case .push(let push) where push.bytesDone == push.bytesTotal:
            [(.info, "\(Quantity.bytes(push.bytesTotal)) of layers are in \(push.reference)")]
        case .retry(let retry):
            [(.warn, "trying again in \(Quantity.seconds(retry.delayInSeconds)): \(retry.reason)")]
        case .warning(_, let text): [(.warn, text)]
        case .imageEnded(let outcome): messages(of: outcome)
        case .started, .imageStarted, .push, .ended: []
        }
    }

    private func message(of context: ContextProgress) -> (Level, String) {
        switch context.phase {
        case .fetching: (.info, "Fetching the context \(context.reference)")
        case .fetched: (.info, "The context is \(context.revision ?? context.reference)")
        case .failed: (.error, "The context \(context.reference) could not be fetched")
        }
    }

    private func messages(of event: JobEvent) -> [(Level, String)] {
        switch event {
        case .started(let started):
            [(.debug, "Isolation \(started.isolation), network \(started.privateNetwork.rawValue)")]
        case .stepStarted(let step): [(.info, "#\(step.step) [\(step.stage)] \(step.instruction)")]
        case .stepEnded(let step): messages(of: step)
        case .material(let material):
            [(.info, "\(material.role.rawValue) \(material.reference) is \(material.digest)")]
        case .warning(let warning): [(.warn, (warning.line.map { "line \($0): " } ?? "") + warning.message)]
        case .layer(let layer): [(.debug, "Layer \(layer.descriptor.digest)")]
        case .output, .progress, .finished, .failed: []
        }
    }

    private func messages(of step: StepEnded) -> [(Level, String)] {
        if step.cached {
            return [(.info, "#\(step.step) Using caching version\(step.cachedFrom.map { " of \($0)" } ?? "")")]
        }
        let ended = (Level.info, "#\(step.step) done in \(Quantity.seconds(step.milliseconds / 1000))")
        return [ended]
            + (step.missReason.map { [(.debug, "#\(step.step) not cached: \(MissText.sentence($0))")] } ?? [])
    }

    private func messages(of outcome: ImageOutcome) -> [(Level, String)] {
        guard outcome.status.isSuccess else {
            return [(.error, "error building image: \(outcome.error?.message ?? outcome.status.rawValue)")]
        }
        let digest = outcome.digest.map { "\($0)" } ?? ""
        if outcome.tags.isEmpty { return [(.info, "Built \(digest)")] }
        return outcome.tags.map { (.info, "Built \($0), \(digest)") }
    }
}
