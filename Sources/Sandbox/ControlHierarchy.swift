internal import Glibc

enum Controller: String, CaseIterable {
    case memory
    case pids
    case cpu
}

enum ControlVersion {
    case one
    case two

    var outOfMemoryFile: String {
        switch self {
        case .one: "memory.oom_control"
        case .two: "memory.events"
        }
    }
}

/// Where this process may make control groups.
struct ControlHierarchy: Sendable {
    struct Folder {
        let path: String
        let version: ControlVersion
    }

    private let mounts: String
    private let memberships: String

    init(
        mounts: String = TextFile.read("/proc/self/mountinfo") ?? "",
        memberships: String = TextFile.read("/proc/self/cgroup") ?? ""
    ) {
        self.mounts = mounts
        self.memberships = memberships
    }

    /// The folder of this process's own group for a controller, if a group can be made there.
    func folder(for controller: Controller) -> Folder? {
        let folder = versionOne(controller) ?? versionTwo(controller)
        guard let folder, access(folder.path, W_OK) == 0 else { return nil }
        return folder
    }

    /// Removes the groups of processes that are gone.
    func removeStale() {
        for controller in Controller.allCases {
            guard let folder = folder(for: controller), let directory = opendir(folder.path) else { continue }
            defer { closedir(directory) }
            while let entry = readdir(directory) {
                let name = text(of: entry.pointee.d_name)
                if GroupName.isStale(name) { rmdir(folder.path + "/" + name) }
            }
        }
    }

    private func versionOne(_ controller: Controller) -> Folder? {
        let own = memberships.split(separator: "\n").lazy
            .map { $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false) }
            .first { $0.count == 3 && $0[1].split(separator: ",").contains { $0 == controller.rawValue } }
        guard let own else { return nil }
        return mount(type: "cgroup", option: controller.rawValue)
            .map { Folder(path: $0.path(of: own[2]), version: .one) }
    }

    /// The controller must already be handed down to children of the group.
    private func versionTwo(_ controller: Controller) -> Folder? {
        guard let own = memberships.split(separator: "\n").first(where: { $0.hasPrefix("0::") }),
            let mount = mount(type: "cgroup2", option: nil)
        else { return nil }
        let path = mount.path(of: own.dropFirst(3))
        let delegated = TextFile.read(path + "/cgroup.subtree_control") ?? ""
        guard delegated.split(whereSeparator: \.isWhitespace).contains(where: { $0 == controller.rawValue }) else {
            return nil
        }
        return Folder(path: path, version: .two)
    }

    private struct Mount {
        let root: Substring
        let point: Substring

        /// A container sees only its part of the hierarchy, at `root`.
        func path(of group: Substring) -> String {
            let inside = root != "/" && group.hasPrefix(root) ? group.dropFirst(root.count) : group
            return String(point) + (inside == "/" ? "" : inside)
        }
    }

    /// `36 35 98:0 /root /point options - type source superoptions`, see proc(5).
    private func mount(type: String, option: String?) -> Mount? {
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), fields.count > dash + 3, fields[dash + 1] == type else {
                continue
            }
            let options = fields[dash + 3].split(separator: ",")
            if option == nil || options.contains(where: { $0 == option ?? "" }) {
                return Mount(root: fields[3], point: fields[4])
            }
        }
        return nil
    }
}
