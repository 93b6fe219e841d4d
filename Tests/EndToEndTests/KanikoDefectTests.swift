import Foundation
import TestSupport
import Testing

/// What kaniko gets wrong in snapshots and instructions. Its cache has a suite of its own, `KanikoCacheTests`.
@Suite struct KanikoDefectTests {
    /// Defects that the rules of the language cover, and the fixtures that do.
    private static let covered: [(defect: String, fixtures: [String])] = [
        ("FIFOs and devices are lost", ["copy-metadata/pipes", "filesystem/devices", "add/devices"]),
        ("sparse members vanish or are written in full", ["filesystem/sparse", "copy-metadata/sparse"]),
        ("owners of links, times of folders and links are lost", ["filesystem/times", "filesystem/folder-attributes"]),
        ("attributes are lost, or make no layer", ["filesystem/metadata-only", "add/attributes"]),
        (
            "hard links become copies",
            ["filesystem/hard-links", "filesystem/hard-links-of-links", "copy-metadata/hard-links"]
        ),
        ("config instructions have no history", ["history/every-instruction", "history/layers-and-entries"]),
        ("ADD of a gzip file that is no archive fails", ["add/gzip-of-something-else"]),
        ("ADD of xz and zstd fails", ["add/compressions", "add/zstd"]),
        (
            "COPY changes the folder that it copies into",
            ["copy-destination/existing-folder", "copy-destination/tree-over-folder-keeps"]
        ),
        ("COPY --from loses owners, setuid, capabilities", ["copy-metadata/stage-keeps"]),
        (
            "links as destinations",
            ["copy-destination/link-circle", "copy-destination/link-dangling", "copy-destination/through-link"]
        ),
        ("a folder that becomes a link", ["filesystem/type-changes", "copy-destination/tree-over-link"]),
        ("RUN --mount", ["mounts/tmpfs", "mounts/bind-stage", "mounts/cache", "mounts/secret", "mounts/ssh-required"]),
        (
            "heredocs are skipped, quoted ones too",
            ["heredocs/run-script", "heredocs/run-quoted-script", "heredocs/copy-expands"]
        ),
        ("`**/x` of an ignore file leaves what is in x", ["ignore/any-depth", "ignore/everything-below"]),
        ("an ignore file hides files of stages", ["ignore/not-for-stages"]),
        ("scopes of ARG", ["args/scope-begins-at-line", "args/not-in-other-stages", "args/inherited", "args/in-from"]),
        ("zombies hang", ["run/background-ends"]),
        ("stages that nobody needs are built", ["stages/unreachable-base"]),
        (
            "files of the machine are in the image, or hide its own",
            ["run/runtime-files-not-kept", "run/own-hosts-come-back"]
        ),
        (
            "COPY --link, --parents and --exclude do nothing",
            ["copy-flags/link-replaces-links", "copy-flags/parents", "copy-flags/exclude"]
        ),
        ("ADD --checksum and --unpack do nothing", ["add/checksum-of-local", "add/unpack-forced"]),
        ("FROM --platform does nothing", ["args/platform-flag"]),
        ("RUN --network and --security do nothing", ["run/network-none", "run/security-sandbox"]),
        ("archives lead out of the image", ["add/breakout", "add/breakout-by-link", "add/absolute-names"]),
        ("VOLUME loses what is in it", ["config/volume-keeps-changes"]),
    ]

    @Test(arguments: covered.map(\.defect)) func `a fixture holds it`(defect: String) throws {
        for fixture in Self.covered.first(where: { $0.defect == defect })?.fixtures ?? [] {
            let folder = RuleFixture.root.appending(path: fixture)
            #expect(FileManager.default.fileExists(atPath: folder.appending(path: "expected.txt").path), "\(fixture)")
        }
    }

    // MARK: - Snapshots

    struct Change: Sendable, CustomTestStringConvertible {
        let what: String
        let lines: String
        /// Names in the last layer.
        let names: [String]

        var testDescription: String { what }
    }

    private static let changes = [
        Change(what: "a new link brings its target along", lines: "RUN ln -s /bin/busybox /link\n", names: ["link"]),
        Change(
            what: "a link to itself aborts the build, or the rest of the changes is lost",
            lines: "RUN ln -s loop /loop && echo x >/zz\n", names: ["loop", "zz"]),
        Change(
            what: "an edit that keeps size and time is missed",
            lines: "RUN echo one >/f && touch -d @1 /f\nRUN echo two >/f && touch -d @1 /f\n", names: ["f"]),
        Change(
            what: "/var/run is lost", lines: "RUN mkdir -p /var/run/d && echo 1 >/var/run/d/pid\n",
            names: ["var/", "var/run/", "var/run/d/", "var/run/d/pid"]),
        Change(
            what: "a folder that was removed and made again still has its files",
            lines: "RUN mkdir /d && echo 1 >/d/old\nRUN rm -r /d && mkdir /d && echo 2 >/d/new\n",
            names: ["d/", "d/.wh..wh..opq", "d/new"]),
    ]

    @Test(arguments: changes) func `a layer holds what a step changed, and nothing else`(change: Change) throws {
        let kaniko = try KanikoWorkspace(
            withRegistry: false, dockerfile: Workspace.busyboxDockerfile + change.lines)
        try kaniko.build("--no-push", "--oci-layout-path=layout", "--snapshot-mode=redo")
        #expect(try kaniko.names(ofLayout: "layout").last == change.names)
    }

    @Test func `a base image is unpacked as it is`() throws {
        let kaniko = try KanikoWorkspace(
            dockerfile: Workspace.busyboxDockerfile + """
                RUN mkdir /d /t && echo 1 >/d/old && mkfifo -m 640 /p && truncate -s 50M /hole && echo 1 >/a && ln /a /b
                RUN rm -r /d && mkdir /d && echo 2 >/d/new && ln -s x /t/l && chown -h 5:6 /t/l && touch -h -d @7 /t/l && touch -d @9 /t

                """)
        try kaniko.build("-d", "\(kaniko.host)/base", "--oci-layout-path=layout")
        let sizes = try kaniko.workspace.run("find", "layout/blobs", "-type", "f", "-size", "+2M").lines
        #expect(sizes.isEmpty)
        try kaniko.workspace.write(
            "app/Dockerfile",
            """
            FROM \(kaniko.host)/base
            RUN (ls /d; stat -c '%F %a' /p; stat -c %s /hole; stat -c '%u:%g %Y' /t/l; stat -c %Y /t; stat -c %h /a) >/seen; cat /seen

            """)
        let outcome = try kaniko.build("--no-push", state: "other")
        #expect(outcome.output == "new\nfifo 640\n52428800\n5:6 7\n9\n2\n")
    }

    // MARK: - What people ran into

    @Test func `the cache may be in the repository of the image`() throws {
        let kaniko = try KanikoWorkspace()
        let flags = [
            "-c", "app", "-f", "app/Dockerfile", "-d", "\(kaniko.host)/app:1", "--cache",
            "--cache-repo=\(kaniko.host)/app",
        ]
        #expect(try kaniko.executor(flags, state: "a").exitCode == 0)
        let second = try kaniko.executor(flags, state: "b")
        #expect(second.errors.split(separator: "Using caching version").count == 5, "\(second.errors)")
    }

    @Test func `a second build in the same container waits, and both come about`() throws {
        let kaniko = try KanikoWorkspace(
            withRegistry: false, dockerfile: KanikoWorkspace.dockerfile + "RUN sleep 1; ls / >/seen\n")
        let arguments = [
            "-c", "app", "-f", "app/Dockerfile", "--no-push", "--reproducible", "--state", kaniko.path("s"),
        ]
        let first = try Program.start(
            [kaniko.path("executor")] + arguments + ["--digest-file=a"], in: kaniko.workspace.folder)
        let second = try Program.start(
            [kaniko.path("executor")] + arguments + ["--digest-file=b"], in: kaniko.workspace.folder)
        first.wait()
        second.wait()
        #expect(try kaniko.content("a") == kaniko.content("b"))
    }
}
