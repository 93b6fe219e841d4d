internal import CSandbox
internal import Glibc
internal import SystemPackage

/// Runs an empty step on a rung: all namespaces and mounts, and a change of a layer's directory.
struct RungProbe {
    let rung: Rung
    let stateFolder: FilePath

    func run() throws(RungRefusal) {
        switch (rung, geteuid()) {
        case (.shifted, 0), (.subid, 1...): break
        case (.shifted, _): throw .needsRoot
        case (.subid, _): throw .needsOrdinaryUser
        }
        do {
            let helper = try MapHelper(for: rung)
            let scratch = try makeScratch()
            defer { removeScratch(scratch) }
            try probe(helper, scratch: scratch)
        } catch let error as SandboxError {
            throw .failed(error)
        } catch {
            throw .unexpected("\(error)")
        }
    }

    private func probe(_ helper: MapHelper, scratch: String) throws {
        var failure = csb_failure()
        let lists = [[stateFolder.string, scratch], helper.uidArguments, helper.gidArguments]
        let result = try withCStringLists(lists) { lists in
            guard let state = lists[0][0], let scratch = lists[0][1] else { throw SandboxError.malformedMessage }
            return csb_probe(
                rung.code, state, scratch, lists[1][0] == nil ? nil : lists[1], lists[2][0] == nil ? nil : lists[2],
                &failure)
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
        let folders = [
            "lower/directory", "lower", "upper/directory", "upper", "work/work/incompat/volatile",
            "work/work/incompat", "work/work", "work", "",
        ]
        for folder in folders { rmdir(stateFolder.string + "/" + name + "/" + folder) }
    }
}
