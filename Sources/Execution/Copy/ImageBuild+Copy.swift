internal import FileSystem
internal import Jobs
internal import SystemPackage

/// Writing without a step's mount.
extension ImageBuild {
    /// See `CopyAttributes.madeTime`.
    var madeTime: FileTime { FileTime(seconds: epoch ?? 0) }

    /// Writes files over the layers of a stage, or without one over nothing; what is written is the step's work. `throughMount`: what writes wants to see
    /// upper and lower layers as one tree, and changes more than `CopyTarget` can.
    func write(
        on state: StageState?, _ attributes: CopyAttributes, throughMount: Bool = false,
        _ body: (CopyTarget) throws -> Void
    ) throws -> StepWork {
        func write(to upper: OpenFile, below: OpenFile?) throws {
            let target = try CopyTarget(upper: upper, below: below, attributes: attributes)
            try body(target)
            try target.finish()
        }
        let layers = state?.layers ?? []
        if throughMount, !layers.isEmpty { return try roots.change(layers) { try write(to: $0, below: nil) } }
        let upper = try drafts.make("upper")
        let folder = try OpenFile.open(upper.string, [.read, .directory])
        guard !layers.isEmpty else {
            try write(to: folder, below: nil)
            return StepWork(upper: upper, lowers: [])
        }
        try withView(of: layers) { try write(to: folder, below: $0) }
        return StepWork(upper: upper, lowers: try chain.directories(of: layers))
    }
}
