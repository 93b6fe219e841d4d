import Testing

@testable import Execution

/// USER and `--chown` against an image's passwd and group files.
@Suite struct UserDatabaseTests {
    private let users = UserDatabase(
        passwd: """
            root:x:0:0:root:/root:/bin/sh
            # a comment
            app:x:1000:1001:App:/home/app:/bin/sh
            broken line
            nohome:x:7:8::

            """,
        group: "root:x:0:\napps:x:1001:\nextra:x:50:app,other\nwheel:x:10:app\n")

    @Test(
        arguments: [
            ("", 0, 0, "/root"), ("root", 0, 0, "/root"), ("app", 1000, 1001, "/home/app"),
            ("1000", 1000, 1001, "/home/app"),
            ("app:wheel", 1000, 10, "/home/app"), ("1000:77", 1000, 77, "/home/app"), ("4242", 4242, 0, "/"),
            ("4242:5", 4242, 5, "/"), ("nohome", 7, 8, "/"),
        ] as [(String, UInt32, UInt32, String)])
    func `a user has its ids and its home`(text: String, uid: UInt32, gid: UInt32, home: String) throws {
        let identity = try users.identity(text)
        #expect(identity.uid == uid)
        #expect(identity.gid == gid)
        #expect(identity.home == home)
    }

    @Test func `a named user alone has its supplementary groups, one with a group has not`() throws {
        #expect(Set(try users.identity("app").groups).isSuperset(of: [50, 10]))
        #expect(try users.identity("app:wheel").groups.contains(50) == false)
    }

    @Test(
        arguments: [
            ("app", 1000, 1001), ("1000", 1000, 1000), ("app:extra", 1000, 50), (":7", 0, 7), ("root", 0, 0),
            ("5:6", 5, 6), ("5:", 5, 0), ("app:", 1000, 0), (":", 0, 0),
        ] as [(String, UInt32, UInt32)])
    func `chown takes the primary group of a name and the same number for a number`(
        text: String, uid: UInt32, gid: UInt32
    ) throws {
        #expect(try users.owner(text) == Owner(uid: uid, gid: gid))
    }

    @Test func `unknown names are errors that name them`() {
        #expect(throws: ExecutionError.unknownUser("ghost")) { try users.identity("ghost") }
        #expect(throws: ExecutionError.unknownGroup("ghosts")) { try users.owner("app:ghosts") }
    }

    @Test func `an image without files has root`() throws {
        let empty = UserDatabase(passwd: "", group: "")
        #expect(try empty.identity("root") == Identity(uid: 0, gid: 0, groups: [0], home: "/root"))
    }
}
