internal import FileSystem
internal import Jobs
internal import Storage

/// Results of steps: our own, and those of other machines.
extension StepRunner {
    /// The result of a step, if one may be used; what `ended` is to say of where it is from, or why there is none.
    func found(_ step: LayerStep, _ ended: inout StepEnded) throws -> StepRecord? {
        guard job.cache == .readWrite, !step.isFresh else { return nil }
        var record = try stores.steps.find(step.key.digest).flatMap { isUsable($0) ? $0 : nil }
        if record == nil, job.sharesSteps { record = try shared(step, &ended) }
        if record != nil, !job.explains {
            try stores.steps.note(step.key.summary, place: place(step)) { FileListing.encoded(step.key.listings) }
        }
        return record
    }

    /// Asks the scheduler. What it gives becomes a record of ours, without the layer's bytes.
    private func shared(_ step: LayerStep, _ ended: inout StepEnded) throws -> StepRecord? {
        guard case .step(let answer) = try scheduler.request(.findStep(key: step.key.digest)) else {
            throw ExecutionError.protocolViolation("something else where a step was asked for")
        }
        ended.missReason = answer.reason
        guard let found = answer.step else { return nil }
        let record = StepRecord(
            layer: found.layer, diffID: found.diffID, newestTime: found.newestTime, created: found.created,
            recorded: found.recorded, parts: step.key.summary, compression: found.compression)
        guard isUsable(record) else {
            ended.missReason = isTooOld(record) ? MissReason.expired : MissReason.timesBeyondEpoch
            return nil
        }
        ended.missReason = nil
        ended.cachedFrom = answer.place
        if !job.explains { try stores.steps.record(record, key: step.key.digest) }
        return record
    }

    /// A layer with a time beyond the job's bound is none: an image without one may have made it.
    private func isUsable(_ record: StepRecord) -> Bool {
        if let bound = job.epoch, let newest = record.newestTime, newest > bound { return false }
        return !isTooOld(record)
    }

    /// A record that does not say when it was made is older than any that does.
    func isTooOld(_ record: StepRecord) -> Bool {
        guard let age = job.cacheAgeInSeconds else { return false }
        guard let recorded = record.recorded else { return true }
        return Double(FileTime.now.seconds - recorded) > age
    }

    /// Tells the scheduler of a result for the caches of others.
    func share(_ record: StepRecord, _ step: LayerStep, isOwn: Bool) throws {
        guard job.sharesSteps, job.cache != .off, let layer = record.layer, let diffID = record.diffID else { return }
        let shared = SharedStep(
            key: step.key.digest, layer: layer, diffID: diffID, newestTime: record.newestTime, created: record.created,
            recorded: record.recorded ?? 0, compression: record.compression, parts: step.key.digests)
        _ = try scheduler.request(.keepStep(shared, isFinal: step.isFinal))
    }
}
