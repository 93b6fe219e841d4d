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

    /// Where a group can be made for a controller: in this process's own group, in version 2 also above it. There one group
    /// is for all of `wanted`.
    func folder(for controller: Controller, of wanted: [Controller]) -> Folder? {
        if let folder = versionOne(controller) { return access(folder.path, W_OK) == 0 ? folder : nil }
        let counts = versionTwoFolders.map { path in (path: path, hands: controllers(handedDownBy: path)) }
        let best = counts.reduce((path: "", hands: Set<Controller>())) { best, next in
            next.hands.intersection(wanted).count > best.hands.intersection(wanted).count ? next : best
        }
        return best.hands.contains(controller) ? Folder(path: best.path, version: .two) : nil
    }

    /// Removes the groups of processes that are gone.
    func removeStale() {
        let folders = Controller.allCases.compactMap { versionOne($0)?.path } + versionTwoFolders
        for folder in Set(folders) {
            guard let directory = opendir(folder) else { continue }
            defer { closedir(directory) }
            while let entry = readdir(directory) {
                let name = text(of: entry.pointee.d_name)
                if GroupName.isStale(name) { rmdir(folder + "/" + name) }
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

    /// This process's group and those above it, nearest first, in which it may make groups and put processes. A group with
    /// processes hands no controller down, so mostly the one to use is above: systemd's slice for root, the user's own
    /// manager for others.
    private var versionTwoFolders: [String] {
        guard let own = memberships.split(separator: "\n").first(where: { $0.hasPrefix("0::") }),
            let mount = mount(type: "cgroup2", option: nil)
        else { return [] }
        var paths = [mount.path(of: own.dropFirst(3))]
        while let last = paths.last, last.count > mount.point.count, let slash = last.lastIndex(of: "/") {
            paths.append(String(last[..<slash]))
        }
        return paths.filter { access($0, W_OK) == 0 && access($0 + "/cgroup.procs", W_OK) == 0 }
    }

    private func controllers(handedDownBy path: String) -> Set<Controller> {
        let text = TextFile.read(path + "/cgroup.subtree_control") ?? ""
        return Set(text.split(whereSeparator: \.isWhitespace).compactMap { Controller(rawValue: String($0)) })
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
