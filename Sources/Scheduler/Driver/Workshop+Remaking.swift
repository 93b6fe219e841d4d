internal import Jobs
internal import OCI
internal import Planning
internal import Storage

// Layers that a cache promised, and that turn out not to be there when somebody needs them.
extension Workshop {
    /// Makes sure that lost layers are not found again, and makes images below anew that have them. Whether another
    /// round may come further: each loses a layer that none before it lost.
    ///
    /// - Parameter owner: whose time passes meanwhile, and who ends it.
    func makeUp(for lost: Set<Digest>, of attempt: Attempt, for owner: Attempt) async -> Bool {
        var isNew = false
        attempt.update { facts in
            isNew = !lost.isSubset(of: facts.everLost)
            facts.everLost.formUnion(lost)
        }
        for layer in lost { isNew = await cache.distrust(layer: layer, "its layer is gone, or is another") || isNew }
        guard isNew else { return false }
        // What is made anew for another has the gate already.
        guard attempt === owner else { return await remakeImages(below: attempt, with: lost, for: owner) }
        do {
            return try await remaking.pass { await self.remakeImages(below: attempt, with: lost, for: owner) }
        } catch {
            return false
        }
    }

    /// From the base up: what stands on an image that was made anew is too, for its layers may be others now.
    private func remakeImages(below attempt: Attempt, with lost: Set<Digest>, for owner: Attempt) async -> Bool {
        let ancestors = plan.graph.ancestors(of: [attempt.image]).subtracting([attempt.image])
        var remade: Set<Int> = []
        for image in plan.graph.order where ancestors.contains(image) {
            guard let below = current(image), below.facts.result != nil else { continue }
            let standsOnRemade = plan.graph.parents[image].contains(where: remade.contains)
            guard standsOnRemade || lacks(below, lost) else { continue }
            if await build(below, for: owner) != nil { return false }
            remade.insert(image)
        }
        return true
    }

    /// Whether an image has one of the layers, and the store has not: somebody else may have made it anew.
    private func lacks(_ attempt: Attempt, _ lost: Set<Digest>) -> Bool {
        let layers = attempt.facts.result?.layers.filter { lost.contains($0.digest) } ?? []
        do {
            return try layers.contains { try library.blobs.size(of: $0.digest) != $0.size }
        } catch {
            return true
        }
    }

    /// Builds an image again while it is published, within its own limit: no clock of the batch runs for it then.
    func remake(_ attempt: Attempt) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { if let failure = await self.build(attempt) { throw failure } }
            if case .success(let job) = plan.images[attempt.image].job, let limit = job.limits.timeoutInSeconds {
                group.addTask { [clock = environment.clock] in
                    try await clock.sleep(until: clock.now + .seconds(limit))
                    let text = "timed out when it was made again for its outputs: a cached layer was gone"
                    throw JobFailure(class: .timeout, message: text, summary: text)
                }
            }
            try await group.next()
        }
    }
}
