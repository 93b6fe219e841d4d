internal import CSandbox

extension Rung {
    /// Which ids on the disk stand for those of images, in a few words: layers unpacked on rungs that say the same can be
    /// used by both.
    ///
    /// Throws as starting an executor would: `noSubordinateIDs`, `noIDs`, `systemCall`.
    public func storedOwners() throws(SandboxError) -> String {
        let maps = try IDMaps(for: self)
        switch self {
        case .shifted, .rootns, .jail: return Self.unchanged
        case .single: return "recorded"
        case .inplace: return "recorded, of \(csb_step_id())"
        case .mapped:
            let isShifted = maps.texts.contains { $0.hasPrefix("0 \(SubordinateIDs.shift) ") }
            return isShifted ? "from \(SubordinateIDs.shift)" : Self.unchanged
        case .subid:
            return maps.helpers.map { $0.dropFirst().joined(separator: " ") }.joined(separator: ", ")
        }
    }

    private static let unchanged = "the image's"
}
