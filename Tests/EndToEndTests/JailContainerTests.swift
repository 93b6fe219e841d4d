import Foundation
import TestSupport
import Testing

/// Builds in containers that have neither namespaces nor mounts, beside the same builds by root of the machine.
@Suite(.enabled(if: ContainerBox.isPossible, "containers are made by root, with runc and crun"))
struct JailContainerTests {
    private static let manifest = """
        version: 1
        defaults: {epoch: 1700000000}
        images:
          base: {context: contexts/base, tags: ["1"]}
          first: contexts/first
          second: contexts/second

        """

    private func workspace() throws -> Workspace {
        let workspace = try Workspace("jailed")
        try workspace.writeBase()
        try workspace.write("batch.yaml", Self.manifest)
        try workspace.write(
            "contexts/first/Dockerfile",
            """
            FROM base:1 AS build
            RUN mkdir -p /a/b && echo x > /a/b/x && ln /a/b/x /a/y && chown -R 33:34 /a && (setsid sleep 1000 &)
            RUN --mount=type=cache,target=/cache rm -r /a/b && mkdir /a/b && echo 1 > /cache/f && mv /a/y /a/z
            FROM base:1
            COPY --from=build /a /a
            WORKDIR /work
            RUN rm -r /a/b && rmdir /home && chmod 4755 /a/z

            """)
        try workspace.write(
            "contexts/second/Dockerfile",
            "FROM base:1\nRUN rm -rf /root && mkdir /root && echo 2 > /root/two\nCOPY Dockerfile /root/\nUSER 5\nRUN id -u && echo > /tmp/five\n"
        )
        return workspace
    }

    private func digests(_ output: String) throws -> [String?] {
        try JSONDecoder().decode(RunDocument.self, from: Data(output.utf8)).images.map(\.digest)
    }

    @Test(arguments: [ContainerProfile.docker, .readOnly], [true, false])
    func `images equal those that root builds with mounts`(_ profile: ContainerProfile, _ hasVolume: Bool) throws {
        if profile.readOnlyRoot, !hasVolume { return }
        let workspace = try workspace()
        let expected = try digests(workspace.buildAll("batch.yaml", "--isolation", "shifted", "--json").output)
        #expect(expected.count == 3 && !expected.contains(nil))
        let box = try ContainerBox(
            profile, programs: Program.folder.path, mounts: [ContainerMount(workspace.folder.path, at: "/batch")],
            stateVolume: hasVolume)
        let together = try box.run(["/kaniko/build-all", "/batch/batch.yaml", "--json"])
        #expect(together.status == 0, "\(together.errorOutput)")
        #expect(try digests(together.output) == expected)
        for image in ["first", "second"] {
            let fresh = try ContainerBox(
                profile, programs: Program.folder.path,
                mounts: [ContainerMount(workspace.folder.path, at: "/batch")], stateVolume: hasVolume)
            let alone = try fresh.run(["/kaniko/build-all", "/batch/batch.yaml", image, "--json"])
            #expect(try digests(alone.output).last == expected[image == "first" ? 1 : 2])
        }
    }

    @Test func `the ledger and doctor say what steps run in`() throws {
        let workspace = try workspace()
        let box = try ContainerBox(
            .docker, programs: Program.folder.path, mounts: [ContainerMount(workspace.folder.path, at: "/batch")])
        let doctor = try box.run(["/kaniko/build-all", "doctor"])
        #expect(doctor.output.contains("isolation jail: works"))
        _ = try box.run(["/kaniko/build-all", "/batch/batch.yaml", "base"])
        let history = try box.run(["/kaniko/build-all", "history", "--format", "json"])
        #expect(history.output.contains("jail"), "\(history.output) \(history.errorOutput)")
    }

    @Test func `without chroot nothing is built, and what would allow it is said`() throws {
        let workspace = try workspace()
        let box = try ContainerBox(
            .sixConfined, programs: Program.folder.path, mounts: [ContainerMount(workspace.folder.path, at: "/batch")])
        for arguments in [[], ["--isolation", "jail"]] {
            let result = try box.run(["/kaniko/build-all", "/batch/batch.yaml"] + arguments)
            #expect(result.status == 3)
            #expect(result.errorOutput.contains("SYS_CHROOT"), "\(result.errorOutput)")
        }
    }

    /// What the refusal says is enough.
    @Test func `the capabilities that are asked for do`() throws {
        let workspace = try workspace()
        var profile = ContainerProfile.sixConfined
        profile.capabilities += ["CAP_FSETID", "CAP_KILL", "CAP_MKNOD", "CAP_SYS_CHROOT"]
        let expected = try digests(workspace.buildAll("batch.yaml", "--isolation", "shifted", "--json").output)
        let box = try ContainerBox(
            profile, programs: Program.folder.path, mounts: [ContainerMount(workspace.folder.path, at: "/batch")])
        let result = try box.run(["/kaniko/build-all", "/batch/batch.yaml", "--json"])
        #expect(result.status == 0, "\(result.errorOutput)")
        #expect(try digests(result.output) == expected)
    }

    /// The kernel does not count root's processes, and most containers have no control group to give.
    @Test func `a fork bomb is over, and the container builds on`() throws {
        let workspace = try workspace()
        let forks = try #require(LimitAttack.all(for: "jail").first { $0.name == "forks" })
        let attack = LimitAttack(
            name: forks.name, dockerfile: forks.dockerfile, limits: forks.limits, failureClass: forks.failureClass,
            message: "limits.pids")
        try workspace.write(attack)
        let empty = try TestFolder()
        let box = try ContainerBox(
            .docker, programs: Program.folder.path,
            mounts: [
                ContainerMount(workspace.folder.path, at: "/batch"), ContainerMount(empty.path, at: "/sys/fs/cgroup"),
            ])
        let result = try box.run(["/kaniko/build-all", "/batch/batch.yaml", "--json", "--progress", "none"])
        try workspace.check(result, after: attack)
    }
}
