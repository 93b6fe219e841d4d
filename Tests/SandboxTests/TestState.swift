import Foundation
import Glibc
import Sandbox
import SystemPackage

/// A state folder with one unpacked layer (busybox), removed when let go of.
final class TestState: @unchecked Sendable {
    // Safe because only `number` changes, under its lock.
    static let busybox = "/bin/busybox"

    let path: FilePath
    let base: FilePath
    private let lock = NSLock()
    private var number = 0

    init() throws {
        let root = FilePath(NSTemporaryDirectory()).appending(
            "sandbox-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))")
        path = root
        base = root.appending("base")
        try FileManager.default.createDirectory(atPath: base.appending("bin").string, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: Self.busybox, toPath: base.appending("bin/busybox").string)
        for applet in Self.applets { symlink("busybox", base.appending("bin/\(applet)").string) }
        try write("root:x:0:0:root:/root:/bin/sh\n", to: "etc/passwd")
        try write("", to: "etc/marker")
        chmod(root.string, 0o755)
    }

    deinit {
        remove(path.string)
    }

    func report(for rung: Rung) -> RungReport? {
        probeRungs(stateFolder: path).first { $0.rung == rung }
    }

    /// A new empty layer folder.
    func makeFolder(_ kind: String) throws -> FilePath {
        let next = lock.withLock {
            number += 1
            return number
        }
        let folder = path.appending("\(kind)\(next)")
        guard mkdir(folder.string, 0o755) == 0 else { throw Errno(rawValue: errno) }
        return folder
    }

    /// Writes a file of the base layer.
    func write(_ text: String, to name: String) throws {
        let file = base.appending(name)
        try FileManager.default.createDirectory(
            atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: file.string))
    }

    func networkOfPrivateStep() throws -> StepNetwork? {
        try TestExecutor(self).run("true", network: .private).network
    }

    /// In `mapped` layers belong to ids from 300000 on; there an executor makes them, here the tests do.
    func giveToSteps() throws {
        guard TestRung.current == .mapped else { return }
        let files = FileManager.default.enumerator(atPath: path.string)
        while let name = files?.nextObject() as? String {
            var status = stat()
            let file = path.string + "/" + name
            guard lstat(file, &status) == 0, status.st_uid < 300_000 else { continue }
            lchown(file, status.st_uid + 300_000, status.st_gid + 300_000)
            if status.st_mode & S_IFMT == S_IFREG { chmod(file, status.st_mode & 0o7777) }
        }
    }

    /// In `subid`, files of other ids are only root's to remove, in the same user namespace.
    private func remove(_ path: String) {
        let enter = geteuid() == 0 || TestRung.current == .single ? [] : ["-r", "--map-auto"]
        let command = (enter.isEmpty ? [] : ["unshare"] + enter) + ["rm", "-rf", path]
        _ = try? Command.output(command[0], Array(command.dropFirst()))
    }

    private static let applets = [
        "sh", "ls", "cat", "echo", "true", "false", "id", "mkdir", "rmdir", "rm", "touch", "chown", "chmod", "ln", "mv",
        "cp", "mount", "umount", "unshare", "ps", "sleep", "nc", "wget", "hostname", "stat", "kill", "env", "head",
        "grep",
        "wc", "find", "pwd", "readlink", "tr", "cut", "mknod", "test", "ip", "seq", "yes", "dd", "tail", "nsenter",
        "od",
        "chroot", "su", "timeout", "nproc", "taskset", "setsid", "mkfifo", "df", "sync", "ulimit", "tty", "awk", "sort",
        "printf",
        "stty",
        "base64", "sha256sum", "du",
    ]
}
