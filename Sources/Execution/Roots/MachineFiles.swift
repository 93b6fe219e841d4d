internal import FileSystem
internal import Glibc
internal import SystemPackage

/// What a step sees of the machine where nothing can be mounted: devices, copies of some of /proc and /sys, and the files
/// of /etc that say where it is.
struct MachineFiles {
    let hostname: String

    struct Piece {
        var name: FileName
        var target: String
    }

    private static let devices: [(name: String, major: UInt32, minor: UInt32)] = [
        ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
    ]
    /// What is the machine's, not a process's.
    private static let copies = [
        "proc/cpuinfo", "proc/filesystems", "proc/loadavg", "proc/meminfo", "proc/stat", "proc/uptime", "proc/version",
        "proc/sys/kernel/osrelease", "proc/sys/kernel/ostype", "proc/sys/kernel/ngroups_max",
        "proc/sys/kernel/cap_last_cap", "proc/sys/kernel/pid_max", "proc/sys/vm/overcommit_memory",
        "sys/devices/system/cpu/online", "sys/devices/system/cpu/possible", "sys/devices/system/cpu/present",
    ]
    private static let longestCopy = 1 << 20

    /// Makes all of it in a folder.
    func make(in workshop: OpenFile) throws -> [Piece] {
        try makeDevices(in: folder("dev", in: workshop))
        for name in ["proc", "sys"] { _ = try folder(name, in: workshop) }
        for path in Self.copies { try copy(path, into: workshop) }
        let etc = try folder("etc", in: workshop)
        let local = "127.0.0.1\tlocalhost \(hostname)\n::1\tlocalhost ip6-localhost ip6-loopback\n"
        try write(Array(local.utf8), "hosts", in: etc)
        try write(Array("\(hostname)\n".utf8), "hostname", in: etc)
        try write(Self.read("/etc/resolv.conf") ?? [], "resolv.conf", in: etc)
        var pieces = ["dev", "proc", "sys"].map { Piece(name: FileName($0), target: "/\($0)") }
        for file in ["hosts", "hostname", "resolv.conf"] {
            let name = FileName("etc-\(file)")
            try etc.rename(FileName(file), to: name, in: workshop)
            pieces.append(Piece(name: name, target: "/etc/\(file)"))
        }
        return pieces
    }

    /// /dev/stdout and /dev/stderr are FIFOs that the step's supervisor reads: there is no /proc/self/fd to point to.
    private func makeDevices(in dev: OpenFile) throws {
        for device in Self.devices {
            let name = FileName(device.name)
            try dev.makeNode(name, kind: .characterDevice, mode: 0o666, major: device.major, minor: device.minor)
            try dev.open(name, [.pathOnly]).setPermissions(0o666)
        }
        for name: FileName in ["stdout", "stderr"] {
            try dev.makeNode(name, kind: .fifo, mode: 0o666)
            try dev.open(name, [.pathOnly]).setPermissions(0o666)
        }
        try dev.makeSymlink("stdin", target: "null")
        for name in ["shm", "mqueue"] { try folder(name, in: dev).setPermissions(0o1777) }
        _ = try folder("pts", in: dev)
    }

    private func copy(_ path: String, into workshop: OpenFile) throws {
        guard let bytes = Self.read("/\(path)") else { return }
        let parts = path.split(separator: "/").map(String.init)
        let parent = try parts.dropLast().reduce(workshop) { try folder($1, in: $0) }
        try write(bytes, parts[parts.count - 1], in: parent)
    }

    private func folder(_ name: String, in parent: OpenFile) throws -> OpenFile {
        let name = FileName(name)
        if try parent.statusIfPresent(of: name) == nil {
            try parent.makeDirectory(name)
            try parent.open(name, [.pathOnly, .directory]).setPermissions(0o755)
        }
        return try parent.open(name, [.read, .directory])
    }

    private func write(_ bytes: [UInt8], _ name: String, in folder: OpenFile) throws {
        let file = try folder.open(FileName(name), [.write, .create, .exclusive], mode: 0o644)
        try file.setPermissions(0o644)
        try file.writeAll(bytes)
    }

    /// Nil for what this machine does not show.
    private static func read(_ path: String) -> [UInt8]? {
        try? OpenFile.open(path, .read).readAll(limit: longestCopy)
    }
}
