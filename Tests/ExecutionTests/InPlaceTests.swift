import FileSystem
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Execution

struct KeptPathsTests {
    private let kept = KeptPaths(
        ["/kaniko", "/kaniko/ssl", "/run/secrets/token", "/"].map(RootPath.init), records: "/nothing")

    @Test(arguments: [
        ("/kaniko", KeptPaths.Place.kept), ("/run", .above), ("/run/secrets", .above), ("/run/secrets/token", .kept),
        ("/", .above), ("/run/other", .image), ("/kanikos", .image), ("/usr", .image),
    ])
    func `a path is kept, above something that is, or the image's`(path: String, place: KeptPaths.Place) {
        #expect(kept.place(of: RootPath(path)) == place)
        #expect(kept.paths.count == 2)
    }
}

struct RootAsideTests {
    private let folder: TestFolder
    private let root: OpenFile
    private let aside: OpenFile
    private let kept: KeptPaths

    init() throws {
        folder = try TestFolder()
        kept = KeptPaths(
            ["/keep", "/run/secrets/token"].map(RootPath.init), records: FilePath(folder.path("records")))
        let made = Shell(
            """
            cd '\(folder.path)'; mkdir -p root/keep root/run/secrets/token root/run/other root/bin aside records
            echo x >root/bin/sh; echo y >root/run/file; ln -s bin root/link; chmod 750 root/run; echo k >root/keep/k
            """)
        try #require(made.status == 0)
        root = try OpenFile.open(folder.path("root"), [.read, .directory])
        aside = try OpenFile.open(folder.path("aside"), [.read, .directory])
    }

    private func list(_ name: String) -> String {
        Shell("cd '\(folder.path)/\(name)' && find . -mindepth 1 -printf '%P %m\\n' | sort").output
    }

    @Test func `all but what is kept goes aside and comes back`() throws {
        let before = list("root")
        try RootAside(kept: kept).moveOut(of: root, to: aside)
        #expect(
            list("root").split(separator: "\n").map { $0.split(separator: " ")[0] }.sorted() == [
                "keep", "keep/k", "run", "run/secrets", "run/secrets/token",
            ])
        #expect(list("aside").contains("bin/sh") && list("aside").contains("run/file"))
        try Shell("mkdir '\(folder.path)/root/new' && echo >'\(folder.path)/root/run/left'").requireSuccess()
        try RootSweep(root: root, kept: kept).run()
        try RootAside(kept: kept).moveBack(to: root, from: aside)
        #expect(list("root") == before)
    }

    /// An image whose layer has those folders, too.
    @Test(.enabled(if: getuid() == 0, "gives files away")) func `what an image says of folders above is told and kept`()
        throws
    {
        try Shell(
            """
            cd '\(folder.path)'; mkdir -p layer/run/secrets upper; echo x >layer/run/of-image
            chown 7:8 layer/run; chmod 2711 layer/run; touch -d @1000 layer/run; chmod 511 layer
            """
        ).requireSuccess()
        try RootSweep(root: root, kept: kept).run()
        try TreeOverlay(OpenFile.open(folder.path("layer"), [.read, .directory]), into: root, without: kept).run()
        let onDisk = Shell("cd '\(folder.path)/root' && stat -c '%n %u:%g:%a' . run run/secrets").output
        #expect(onDisk == ". 0:0:1777\nrun 0:0:1777\nrun/secrets 0:0:1777\n")
        let before = try TreeSnapshot(root, without: kept)
        #expect(before.root.status.permissions == 0o511)
        let run = try #require(before.root.number(of: "run").map { before.root.entries[$0].status })
        #expect([run.uid, run.gid, UInt32(run.permissions)] == [7, 8, 0o2711] && run.modified.seconds == 1000)
        // As the recorder does for a step.
        try Shell("cd '\(folder.path)'; chown 9 records/run && touch -d @2000 records/run").requireSuccess()
        let upper = try OpenFile.open(folder.path("upper"), [.read, .directory])
        let after = try TreeSnapshot(root, without: kept)
        _ = try TreeChanges(from: before, to: after, in: root, into: upper, without: kept).copy()
        let changed = Shell("cd '\(folder.path)/upper' && find . -printf '%P %U:%G:%m:%T@\\n' | sort | cut -d. -f1")
            .output
        #expect(changed.hasSuffix("run 9:8:2711:2000\n") && changed.split(separator: "\n").count == 2, "\(changed)")
    }
}

extension Shell {
    fileprivate func requireSuccess() throws { try #require(status == 0, "\(output)") }
}
