public import Manifest

extension BuildPlan {
    /// The contexts without which it is not known what the selection needs, or how its images are built; `options` has
    /// those that were fetched already. A Dockerfile that was fetched may name images whose contexts are missing in turn:
    /// ask again until there are none. Empty, too, when the selection has a fault: planning says which.
    ///
    /// `onlyRead` leaves out the contexts from which no Dockerfile is read: they do not change the plan.
    public static func missingContexts(
        of manifest: BatchManifest, options: PlanOptions, onlyRead: Bool = false
    ) -> [MissingContext] {
        // Most batches have folders alone: those are not surveyed twice.
        guard manifest.images.contains(where: { $0.lacksContext(options) }) else { return [] }
        let survey = BatchSurvey(manifest: manifest, options: options)
        let selection = Selection(options.selection, in: manifest, graph: survey.graph)
        guard selection.diagnostics.isEmpty else { return [] }
        // What is built on an image is known only when all Dockerfiles are.
        let hasDescendants = options.selection.contains { $0.hasSuffix("+") }
        let members = hasDescendants ? Set(survey.images.indices) : survey.graph.ancestors(of: selection.images)
        var missing: [MissingContext] = []
        var places: [RemoteContext: Int] = [:]
        for image in members.sorted().map({ survey.images[$0] }) {
            guard case .missing(let context) = image.context, let mark = image.spec.context?.mark,
                !onlyRead || image.spec.readsContext
            else { continue }
            let rule = RetryRule(image.spec.retry)
            let own = MissingContext(context: context, images: [image.spec.name], mark: mark, retry: rule)
            guard let place = places[context] else {
                places[context] = missing.count
                missing.append(own)
                continue
            }
            missing[place] = missing[place].merged(own)
        }
        return missing
    }
}

extension MissingContext {
    fileprivate func merged(_ other: MissingContext) -> MissingContext {
        MissingContext(
            context: context, images: images + other.images, mark: mark,
            retry: other.retry.attempts > retry.attempts ? other.retry : retry)
    }
}

extension ImageSpec {
    /// Whether its Dockerfile is in its context.
    fileprivate var readsContext: Bool {
        if case .context? = dockerfile?.value { return true }
        return false
    }

    fileprivate func lacksContext(_ options: PlanOptions) -> Bool {
        if case .missing = MainContext(self, options) { return true }
        return false
    }
}
