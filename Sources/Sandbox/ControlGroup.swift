internal import Glibc
internal import Synchronization
internal import SystemPackage

/// The control group of one executor: a directory for each controller in version 1, one in version 2.
///
/// It is named after the process that made it, so that a later one can remove what a killed one left.
final class ControlGroup: Sendable {
    /// Files that take the executor's pid.
    let processFiles: [String]
    let outOfMemoryFile: String
    private let directories: [String]

    private init(directories: [String], outOfMemoryFile: String) {
        self.directories = directories
        self.outOfMemoryFile = outOfMemoryFile
        processFiles = directories.map { $0 + "/cgroup.procs" }
    }

    /// Makes a group for `limits`. What it cannot hold is left in `limits`, for other means.
    static func make(_ limits: inout ResourceLimits, hierarchy: ControlHierarchy) -> ControlGroup? {
        guard !limits.isEmpty else { return nil }
        let name = GroupName.next()
        var directories: [String] = []
        var outOfMemoryFile = ""
        let settings = ControlSetting.all(of: limits)
        for setting in settings {
            guard let parent = hierarchy.folder(for: setting.controller, of: settings.map(\.controller)) else {
                continue
            }
            let directory = parent.path + "/" + name
            guard enter(directory, setting, version: parent.version) else { continue }
            if !directories.contains(directory) { directories.append(directory) }
            if setting.controller == .memory { outOfMemoryFile = directory + "/" + parent.version.outOfMemoryFile }
            setting.clear(&limits)
        }
        return directories.isEmpty ? nil : ControlGroup(directories: directories, outOfMemoryFile: outOfMemoryFile)
    }

    /// Removes the group once its processes are gone; the kernel takes a moment to let go of the last one.
    func remove() {
        for directory in directories {
            for _ in 0..<50 where rmdir(directory) != 0 && errno == EBUSY { usleep(2000) }
        }
    }

    private static func enter(_ directory: String, _ setting: ControlSetting, version: ControlVersion) -> Bool {
        let isNew = mkdir(directory, 0o755) == 0
        guard isNew || errno == EEXIST else { return false }
        for (file, value) in setting.files(version) {
            do {
                try TextFile.write(value, to: directory + "/" + file.name)
            } catch {
                guard file.isRequired else { continue }
                // In version 2 another controller may hold it already.
                if isNew { rmdir(directory) }
                return false
            }
        }
        return true
    }
}

/// `build-all-PID-STARTTIME-NUMBER`: the start time tells a process from a later one with its pid.
enum GroupName {
    private static let counter = Mutex(0)
    private static let prefix = "build-all-"

    static func next() -> String {
        let number = counter.withLock { value in
            value += 1
            return value
        }
        return "\(prefix)\(getpid())-\(startTime(of: getpid()) ?? 0)-\(number)"
    }

    /// Is this the name of a group whose maker is gone?
    static func isStale(_ name: String) -> Bool {
        guard name.hasPrefix(prefix) else { return false }
        let parts = name.dropFirst(prefix.count).split(separator: "-")
        guard parts.count == 3, let pid = pid_t(parts[0]), let start = UInt64(parts[1]) else { return false }
        return startTime(of: pid) != start
    }

    /// Field 22 of /proc/PID/stat; the name in field 2 may hold spaces and ends at the last parenthesis.
    private static func startTime(of pid: pid_t) -> UInt64? {
        guard let text = TextFile.read("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[end...].split(separator: " ")
        return fields.count > 20 ? UInt64(fields[20]) : nil
    }
}
