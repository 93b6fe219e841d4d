internal import FileSystem
internal import Glibc
internal import Jobs
internal import Sandbox
internal import SystemPackage
internal import Threads

/// The container around an executor that builds in place: what in it is not the image's, and where that is meanwhile.
///
/// As long as `inPlaceFolder` is there nothing of the container is its own: a build that finds it ends.
final class InPlaceContainer: Sendable {
    /// What a container's network and terminal need; steps may read that.
    private static let open: Set<String> = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/tmp", "/var/tmp"]
    private static let machine = ["/proc", "/sys", "/dev"]
    /// On the root's own file system.
    private static let folder = inPlaceFolder
    private static let records = inPlaceRecords
    /// The container's own files while the root is an image's.
    private static let aside = folder + "/own"
    /// What steps have mounted, and what that covers.
    static let workshop = folder + "/mounts"

    private enum State {
        case own, busy, ofImages
        /// Some of the container's files may be set aside, and nothing of an image was put there.
        case failed
    }

    let root = FilePath("/")
    let kept: KeptPaths
    private let closed: ClosedPaths
    private let contexts: [String]
    private let warn: @Sendable (String) throws -> Void
    private let takeRoot: @Sendable () throws -> Void
    private let state = Monitor(State.own)

    /// `paths`: absolute, without links, of what is there; steps may read `contexts`, if it cannot be helped. `takeRoot` is
    /// called before anything is moved: nothing is, if it throws.
    init(
        keeping paths: [String], contexts: [String], warn: @escaping @Sendable (String) throws -> Void,
        takeRoot: @escaping @Sendable () throws -> Void = {}
    ) throws {
        let mounts = try MountPoints.ofThisProcess()
        guard !paths.contains("/") else {
            throw ExecutionError.refused(
                "isolation inplace: a context or an output folder is the root of the container")
        }
        self.contexts = contexts
        self.warn = warn
        self.takeRoot = takeRoot
        let given = paths.filter { access($0, F_OK) == 0 }
        try Self.checkApart(given + mounts.filter { !Self.isMachines($0) })
        let kept = KeptPaths(
            (mounts + Self.machine + given + [Self.folder]).map(RootPath.init), records: FilePath(Self.records))
        let own = mounts.filter { !Self.isMachines($0) }
        self.kept = kept
        closed = ClosedPaths(Set(own + given).subtracting(Self.open).sorted())
    }

    private static func isMachines(_ path: String) -> Bool {
        machine.contains { path == $0 || path.hasPrefix($0 + "/") }
    }

    /// What lies where steps write could be replaced by them.
    private static func checkApart(_ paths: [String]) throws {
        let places = try MountPoints.ofThisProcess().filter(open.contains) + machine
        for path in paths {
            guard let place = places.first(where: { path.hasPrefix($0 + "/") }) else { continue }
            throw ExecutionError.refused(
                "isolation inplace: \(path) is needed, and in \(place), which steps write to: have it elsewhere")
        }
    }

    /// Before the first step: sets everything aside that is not kept, and closes what is. One stage does, others wait for it.
    func close() throws {
        let before = state.wait { state -> State? in
            guard state != .busy else { return nil }
            defer { if state == .own { state = .busy } }
            return state
        }
        if before == .failed {
            throw ExecutionError.refused("isolation inplace: the container could not be made ready")
        }
        guard before == .own else { return }
        do {
            try takeRoot()
            try Self.makeFolder()
        } catch {
            state.change { $0 = .own }
            throw error
        }
        do {
            try setAside(OpenFile.open("/", [.read, .directory]))
            try closed.close()
            state.change { $0 = .ofImages }
        } catch {
            state.change { $0 = .failed }
            throw error
        }
    }

    /// Where it is already the root is another build's.
    private static func makeFolder() throws {
        let root = try OpenFile.open("/", [.read, .directory])
        try root.makeDirectory(FileName(String(folder.dropFirst())), mode: 0o700)
    }

    private func setAside(_ root: OpenFile) throws {
        let folder = try OpenFile.open(Self.folder, [.read, .directory, .noFollow])
        for name: FileName in ["own", "mounts", "folders"] { try folder.makeDirectory(name, mode: 0o700) }
        try RootAside(kept: kept).moveOut(of: root, to: folder.open("own", [.read, .directory]))
        try RootSweep(root: root, kept: kept).run()
    }

    /// Throws what a step could read all the same, and warns of contexts: their files are in images, or could be.
    func checkClosed() throws {
        let reached = closed.reached
        for path in reached where isContext(path) { try warn("isolation inplace: steps can read \(path)") }
        guard let path = reached.first(where: { !isContext($0) }) else { return }
        throw ExecutionError.refused(
            "isolation inplace: steps could read \(path): mount it with a mode for root alone (defaultMode: 0400), or leave it out"
        )
    }

    /// Of what an image has where the container has something of its own.
    func warn(ofCovered paths: [RootPath]) throws {
        for path in paths.map(\.description) where !Self.machine.contains(path) && !Self.open.contains(path) {
            try warn("isolation inplace: \(path) is the container's: steps do not see what the image has there")
        }
    }

    /// Or what it is in: what else that has is not needed by this run.
    private func isContext(_ path: String) -> Bool {
        contexts.contains { $0 == path || $0.hasPrefix(path + "/") }
    }

    /// After the last step: the container is as it was. Throws if it could not be made so: what it runs next would be the
    /// image's.
    func open() throws {
        let state = state.change { $0 }
        guard state == .ofImages || state == .failed else { return }
        do {
            let root = try OpenFile.open("/", [.read, .directory])
            if state == .ofImages { try RootSweep(root: root, kept: kept).run() }
            try RootAside(kept: kept).moveBack(to: root, from: OpenFile.open(Self.aside, [.read, .directory]))
            try closed.open()
            try root.removeTree(FileName(String(Self.folder.dropFirst())))
        } catch {
            let text = "isolation inplace: the container's own files could not be put back, throw it away: \(error)"
            throw JobFailure(class: .host, message: text, summary: text)
        }
    }
}

extension InPlaceContainer {
    /// The container around the build of a job.
    convenience init(_ job: Job, scheduler: any SchedulerLink) throws {
        let warned = Once<String>()
        try self.init(keeping: job.keptPaths, contexts: job.contextPaths) { message in
            if warned.isFirst(message) { try scheduler.send(.warning(Warning(message: message))) }
        } takeRoot: {
            switch try scheduler.request(.takeRoot) {
            case .noted: break
            case .failed(let failure): throw failure
            default: throw ExecutionError.protocolViolation("another answer than the one that was asked for")
            }
        }
    }
}
