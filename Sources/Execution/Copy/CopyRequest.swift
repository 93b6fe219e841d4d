internal import DockerfileFrontend
internal import Jobs

/// What COPY and ADD have in common; words are expanded.
struct CopyRequest {
    /// Of ADD; those of COPY are paths.
    var sources: [AddSource]
    var heredocs: [Heredoc]
    var destination: String
    var owner: String?
    var mode: String?
    var isLink: Bool
    var keepsParents = false
    var excludes: [String]
    /// Of what the only URL gives.
    var checksum: String?
    /// Nil: ADD unpacks archives of the context.
    var unpacks: Bool?
    var isAdd: Bool
    /// For the image's history.
    var history: String

    init(_ copy: CopyInstruction) {
        sources = copy.sources.map(AddSource.path)
        (heredocs, destination, excludes) = (copy.heredocs, copy.destination, copy.excludes)
        (owner, mode) = (copy.owner, copy.mode)
        (isLink, keepsParents) = (copy.isLink, copy.keepsParents)
        isAdd = false
        unpacks = false
        history = HistoryText.copy(copy)
    }

    init(_ add: AddInstruction) throws {
        sources = try add.resolvedSources()
        (heredocs, destination, excludes) = (add.heredocs, add.destination, add.excludes)
        (owner, mode, isLink) = (add.owner, add.mode, add.isLink)
        (checksum, unpacks) = (add.checksum, add.unpacks)
        isAdd = true
        // Everybody can read the history of an image.
        var shown = add
        shown.sources = add.sources.map(Material.withoutUser)
        history = HistoryText.add(shown)
    }

    /// What it reads of the context, a stage or an image.
    var paths: [String] {
        sources.compactMap { source in
            if case .path(let path) = source { return path }
            return nil
        }
    }

    /// A slash at the end is kept: it means a directory.
    func absoluteDestination(in workingDirectory: String) -> String {
        if destination.hasPrefix("/") { return destination }
        if destination.isEmpty || destination == "." { return workingDirectory + "/" }
        return "\(workingDirectory)/\(destination)"
    }

    /// Made into an empty root, so that it does not depend on what is below. A mode would have to be given to what is there.
    var standsAlone: Bool { isLink && mode == nil }
}
