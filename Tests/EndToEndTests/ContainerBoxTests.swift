import Foundation
import TestSupport
import Testing

/// That a box is the container that its profile describes: else nothing that is seen in one says anything.
@Suite(.enabled(if: ContainerBox.isPossible, "containers are made by root, with runc and crun"))
struct ContainerBoxTests {
    static let runtimes: [ContainerBox.Runtime] = [.runc, .crun]

    private func box(
        _ profile: ContainerProfile, _ runtime: ContainerBox.Runtime = .runc, stateVolume: Bool = true
    ) throws -> ContainerBox {
        try ContainerBox(profile, runtime: runtime, programs: Program.folder.path, stateVolume: stateVolume)
    }

    @Test(arguments: ContainerProfile.all, runtimes)
    func `the kernel shows what the profile says`(
        _ profile: ContainerProfile, _ runtime: ContainerBox.Runtime
    ) throws {
        let result = try box(profile, runtime).run(["cat", "/proc/self/status", "/proc/self/uid_map"])
        try #require(result.status == 0, "\(result.errorOutput)")
        let lines = result.output.split(separator: "\n").map {
            $0.split(whereSeparator: \.isWhitespace).map(String.init)
        }
        func field(_ name: String) -> String { lines.first { $0.first == name + ":" }?.last ?? "missing" }
        #expect(UInt64(field("CapEff"), radix: 16)?.nonzeroBitCount == profile.capabilities.count)
        #expect(field("CapBnd") == field("CapEff"))
        #expect(field("Seccomp") == (profile.seccomp ? "2" : "0"))
        #expect(field("NoNewPrivs") == (profile.noNewPrivileges ? "1" : "0"))
        #expect(lines.last?[1] == (profile.userNamespace ? "1000000" : "0"))
    }

    /// What decides over the rungs, tried with busybox.
    @Test(
        arguments: [
            (ContainerProfile.docker, ["chroot"]), (.dockerUnconfined, ["chroot", "namespace"]),
            (.podman, ["chroot", "namespace"]), (.sixConfined, []),
            (.sixUnconfined, ["namespace"]), (.userNamespace, ["chroot", "mount", "namespace", "proc"]),
            (.userNamespaceMasked, ["chroot", "mount", "namespace"]), (.readOnly, ["chroot"]),
        ] as [(ContainerProfile, [String])])
    func `calls are refused as they are there`(_ profile: ContainerProfile, _ possible: [String]) throws {
        let script = """
            chroot / true && echo chroot
            mount -t tmpfs none /tmp && echo mount
            unshare -U true && echo namespace
            unshare -Ufprm mount -t proc none /proc && echo proc
            true
            """
        let result = try box(profile).run(["sh", "-c", script])
        #expect(result.status == 0)
        #expect(result.output.split(separator: "\n").map(String.init) == possible, "\(result.errorOutput)")
    }

    @Test(arguments: ContainerProfile.all, runtimes)
    func `the programs run, and only what may be written is kept`(
        _ profile: ContainerProfile, _ runtime: ContainerBox.Runtime
    ) throws {
        let box = try box(profile, runtime)
        let version = try box.run(["/kaniko/build-all", "--version"])
        #expect(version.status == 0, "\(version.errorOutput)")
        #expect(try box.run(["sh", "-c", "echo state > /state/file"]).status == 0)
        #expect(FileManager.default.fileExists(atPath: box.volume + "/file"))
        let written = try box.run(["sh", "-c", "echo root > /root/file"])
        #expect((written.status == 0) == !profile.readOnlyRoot)
        #expect(FileManager.default.fileExists(atPath: box.written("/root/file")) == !profile.readOnlyRoot)
    }

    @Test func `the libraries and the loader are those of the folder`() throws {
        let result = try box(.docker).run(["sh", "-c", "ls /lib /lib64 /usr/lib; /kaniko/build-all --version"])
        #expect(result.status == 0)
        #expect(!result.output.contains(".so"))
    }

    @Test func `without a volume the state folder is on the root's overlay`() throws {
        let box = try box(.docker, stateVolume: false)
        let result = try box.run(["sh", "-c", "touch /state/file; stat -f -c %t /state"])
        #expect(result.output == "794c7630\n")
        #expect(FileManager.default.fileExists(atPath: box.written("/state/file")))
    }

    @Test(arguments: runtimes) func `a signal reaches the program`(_ runtime: ContainerBox.Runtime) throws {
        let box = try box(.docker, runtime)
        let command = try box.command([
            "sh", "-c", "trap 'exit 7' TERM; touch /state/ready; while :; do sleep 0.1; done",
        ])
        let process = try Program.start(command, in: URL(filePath: "/"))
        while !FileManager.default.fileExists(atPath: box.volume + "/ready") { usleep(10_000) }
        process.terminate()
        #expect(process.wait() == 7)
    }
}
