import TestSupport
import Testing

@testable import Sandbox

@Suite struct SubordinateIDsTests {
    let file = """
        # comment
        alice:100000:65536
        bob:200000:65536
        1000:300000:10
        alice:900000:1000
        broken:1
        """

    @Test func `all ranges of a user count, by name or by number`() {
        let ids = SubordinateIDs(parsing: file, user: "alice", uid: 1000)
        #expect(ids.total == 1 + 65536 + 10 + 1000)
        #expect(
            ids.mapArguments(own: 1000) == [
                "0", "1000", "1", "1", "100000", "65536", "65537", "300000", "10", "65547", "900000", "1000",
            ])
    }

    @Test func `a user without a range has only its own id`() {
        #expect(SubordinateIDs(parsing: file, user: "carol", uid: 7).total == 1)
    }
}

@Suite struct ControlHierarchyTests {
    @Test func `a group's folder is found below its mount, also in a container`() throws {
        let mounts = "30 25 0:26 /docker/abc /tmp rw - cgroup cgroup rw,memory\n"
        let hierarchy = ControlHierarchy(mounts: mounts, memberships: "4:memory:/docker/abc\n0::/\n")
        #expect(hierarchy.folder(for: .memory, of: [.memory])?.path == "/tmp")
        #expect(hierarchy.folder(for: .pids, of: [.pids]) == nil)
    }

    @Test func `in version 2 one group is taken: the nearest above that hands the most controllers down`() throws {
        let folder = try TestFolder()
        let session = folder.path("user.slice/user-0.slice/session-1.scope")
        Shell(
            """
            mkdir -p '\(session)' && cd '\(folder.path)'
            echo 'cpu memory pids' >cgroup.subtree_control; echo 'memory pids' >user.slice/user-0.slice/cgroup.subtree_control
            echo 'memory pids' >user.slice/cgroup.subtree_control; : >'\(session)/cgroup.subtree_control'; : >'\(session)/cgroup.procs'; : >user.slice/cgroup.procs
            : >cgroup.procs; : >user.slice/user-0.slice/cgroup.procs
            """)
        let hierarchy = ControlHierarchy(
            mounts: "30 25 0:26 / \(folder.path) rw - cgroup2 cgroup2 rw\n",
            memberships: "0::/user.slice/user-0.slice/session-1.scope\n")
        let slice = folder.path("user.slice/user-0.slice")
        #expect(hierarchy.folder(for: .memory, of: [.memory, .pids])?.path == slice)
        #expect(hierarchy.folder(for: .memory, of: [.memory])?.version == .two)
        #expect(hierarchy.folder(for: .cpu, of: [.cpu])?.path == folder.path)
        #expect(hierarchy.folder(for: .memory, of: [.memory, .cpu])?.path == folder.path)
    }

    @Test func `in version 2 a group whose processes are not ours to move is not taken`() throws {
        let folder = try TestFolder()
        Shell("cd '\(folder.path)'; mkdir scope; echo memory >cgroup.subtree_control; : >scope/cgroup.subtree_control")
        let hierarchy = ControlHierarchy(
            mounts: "30 25 0:26 / \(folder.path) rw - cgroup2 cgroup2 rw\n", memberships: "0::/scope\n")
        #expect(hierarchy.folder(for: .memory, of: [.memory]) == nil)
    }
}

@Suite struct OwnMapTests {
    private func text(_ map: String, own: UInt32 = 0) throws -> String {
        try OwnMap(parsing: map, file: "/proc/self/uid_map").text(own: own)
    }

    @Test(.enabled(if: Capability.missing(of: [.dacOverride]).isEmpty))
    func `where all ids are there, the image's are shifted and the last is this process's own`() throws {
        #expect(
            try text("         0          0 4294967295\n") == "0 300000 4294667294\n4294667294 0 1\n")
    }

    @Test(arguments: [
        ("0 0 65536\n", "0 0 65536\n"), ("0 100000 65536\n", "0 0 65536\n"),
        ("0 1000 1\n1 100000 65536\n", "0 0 1\n1 1 65536\n"),
    ])
    func `in a container with few ids all stay what they are`(outer: String, text: String) throws {
        #expect(try self.text(outer) == text)
    }

    @Test(arguments: [("0 1000 1\n", 1), ("0 0 100\n200 200 70000\n", 100), ("", 0)])
    func `too few ids are refused`(outer: String, found: Int) {
        #expect(throws: SandboxError.noIDs(file: "/proc/self/uid_map", found: found, needed: 65536)) {
            try self.text(outer)
        }
    }

    @Test func `who is not root there has no ids to give`() {
        #expect(throws: SandboxError.self) { try text("0 0 65536\n", own: 5) }
    }
}

@Suite struct CapabilityTests {
    @Test func `effective ones are read from the status`() {
        let status = "Name:\tx\nCapPrm:\t0000000000000000\nCapEff:\t00000000000000c2\n"
        #expect(Capability.missing(of: [.setUID, .setGID, .dacOverride], status: status) == [])
        #expect(Capability.missing(of: [.setUID], status: "CapEff:\t0000000000000040\n") == [.setUID])
        #expect(Capability.missing(of: [.setUID], status: nil) == [.setUID])
    }
}

@Suite struct RungRefusalTests {
    @Test(arguments: [
        (
            RungRefusal.failed(.noSubordinateIDs(file: "/etc/subuid", user: "a", found: 0, needed: 65535)),
            "/etc/subuid gives a 0 subordinate ids, 65535 are needed",
            ["Debian: as root: usermod --add-subuids 100000-165535 a"]
        ),
        (
            RungRefusal.failed(.systemCall("find", path: "newuidmap", errno: 2)),
            "find newuidmap: No such file or directory", ["Debian: as root: apt-get install uidmap"]
        ),
        (
            RungRefusal.failed(.systemCall("mount an overlay of the layers", path: "upper", errno: 22)),
            "mount an overlay of the layers upper: Invalid argument",
            [
                "remedy: put the state folder (--state) on ext4, xfs, btrfs or tmpfs, not on an overlay; Linux 6.8 or later",
                "pod spec: volumes: [{name: state, emptyDir: {}}], mounted where --state points",
                "GitLab's runner: [runners.docker] volumes = [\"/var/lib/build-all\"], and --state there",
            ]
        ),
        (
            RungRefusal.failed(.systemCall("clone3 with a user namespace", path: "", errno: 1)),
            "clone3 with a user namespace: Operation not permitted",
            [
                "Debian: as root: sysctl kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0",
                "pod spec: securityContext: {seccompProfile: {type: Unconfined}, appArmorProfile: {type: Unconfined}}",
                "GitLab's runner: [runners.docker] security_opt = [\"seccomp=unconfined\", \"apparmor=unconfined\"]",
            ]
        ),
        (
            RungRefusal.needsCapabilities([.setUID, .setGID]), "this process lacks CAP_SETUID, CAP_SETGID",
            [
                "pod spec: securityContext: {capabilities: {add: [SETUID, SETGID]}}",
                "GitLab's runner: [runners.docker] cap_add = [\"SETUID\", \"SETGID\"]",
            ]
        ),
    ])
    func `says what was tried and what to do`(refusal: RungRefusal, text: String, remedies: [String]) {
        #expect("\(refusal)" == text)
        #expect(refusal.remedies.map { "\($0.place.title): \($0.line)" } == remedies)
    }
}
