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

@Suite struct RungRefusalTests {
    @Test(arguments: [
        (
            RungRefusal.failed(.noSubordinateIDs(file: "/etc/subuid", user: "a", found: 0, needed: 65535)),
            "/etc/subuid gives a 0 subordinate ids, 65535 are needed", "as root: usermod --add-subuids 100000-165535 a"
        ),
        (
            RungRefusal.failed(.systemCall("find", path: "newuidmap", errno: 2)),
            "find newuidmap: No such file or directory", "as root: apt-get install uidmap"
        ),
        (
            RungRefusal.failed(.systemCall("mount an overlay of the layers", path: "upper", errno: 22)),
            "mount an overlay of the layers upper: Invalid argument",
            "move the state folder off the overlay file system, to ext4, xfs, btrfs or tmpfs"
        ),
    ])
    func `says what was tried and what to do`(refusal: RungRefusal, text: String, remedy: String) {
        #expect("\(refusal)" == text)
        #expect(refusal.remedy == remedy)
    }
}
