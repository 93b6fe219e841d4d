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
        #expect(hierarchy.folder(for: .memory)?.path == "/tmp")
        #expect(hierarchy.folder(for: .pids) == nil)
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
