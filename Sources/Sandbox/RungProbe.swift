internal import CSandbox
internal import Glibc
internal import SystemPackage

/// Runs an empty step on a rung: all namespaces and mounts, and a change of a layer's directory.
struct RungProbe {
    let rung: Rung
    let stateFolder: FilePath

    func run() throws(RungRefusal) {
        try checkCaller()
        do {
            let maps = try IDMaps(for: rung)
            let scratch = try makeScratch()
            defer { removeScratch(scratch) }
            try probe(maps, scratch: scratch)
        } catch let error as SandboxError {
            throw .failed(error)
        } catch {
            throw .unexpected("\(error)")
        }
    }

    /// What explains a refusal better than the call that would fail.
    private func checkCaller() throws(RungRefusal) {
        switch rung {
        case .shifted, .rootns: if geteuid() != 0 { throw .needsRoot }
        case .jail:
            if geteuid() != 0 { throw .needsRoot }
            let missing = Capability.missing(of: Capability.ofJail)
            if !missing.isEmpty { throw .needsCapabilities(missing) }
        case .inplace:
            if geteuid() != 0 { throw .needsRoot }
            let missing = Capability.missing(of: Capability.ofInPlace)
            if !missing.isEmpty { throw .needsCapabilities(missing) }
            guard Container.isAround else { throw .needsContainer }
        case .subid: if geteuid() == 0 { throw .needsOrdinaryUser }
        case .single: break
        case .mapped:
            let missing = Capability.missing(of: [.setUID, .setGID])
            if !missing.isEmpty { throw .needsCapabilities(missing) }
        }
    }

    private func probe(_ maps: IDMaps, scratch: String) throws {
        var failure = csb_failure()
        let result = try withCStringLists([[stateFolder.string, scratch]]) { lists in
            guard let state = lists[0][0], let scratch = lists[0][1] else { throw SandboxError.malformedMessage }
            return try maps.withMaps { maps in
                var maps = maps
                return csb_probe(rung.code, state, scratch, &maps, &failure)
            }
        }
        guard result >= 0 else { throw failure.asError }
    }

    /// Returns a name relative to the state folder: in `tmp` where there is one, which is swept after a crash.
    private func makeScratch() throws(SandboxError) -> String {
        let parent = access(stateFolder.string + "/tmp", W_OK) == 0 ? "tmp/" : ""
        let name = Self.folder(of: rung, in: parent)
        removeScratch(name)
        for folder in ["", "/lower", "/lower/directory", "/upper", "/work"] {
            let path = stateFolder.string + "/" + name + folder
            guard mkdir(path, 0o755) == 0 else { throw .systemCall("mkdir", path: path, errno: errno) }
        }
        return name
    }

    static func folder(of rung: Rung, in parent: String) -> String { "\(parent)probe-\(getpid())-\(rung.rawValue)" }

    /// What an overlay leaves in its folders is known, so nothing is searched for.
    private func removeScratch(_ name: String) {
        let kernels = "work/work"
        let folders = [
            "lower/directory", "lower", "upper/directory", "upper", kernels + "/incompat/volatile",
            kernels + "/incompat", kernels, "work", "",
        ]
        for folder in folders { rmdir(stateFolder.string + "/" + name + "/" + folder) }
    }
}
