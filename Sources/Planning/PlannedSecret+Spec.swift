internal import Manifest
internal import SystemPackage

extension PlannedSecret {
    init(_ spec: SecretSpec) {
        switch spec.source {
        case .file(let path): self.init(id: spec.id, source: .file(path.string))
        case .environment(let name, _): self.init(id: spec.id, source: .environment(name))
        }
    }
}

extension PlannedAgent {
    /// Nil for one that is not there, which is a fault of the plan.
    init?(_ spec: AgentSpec) {
        switch spec.source {
        case .environment(nil): return nil
        case .environment(let path?), .socket(let path): self.init(id: spec.id, source: .socket(path.string))
        case .keys(let files): self.init(id: spec.id, source: .keys(files.map(\.string)))
        }
    }
}
