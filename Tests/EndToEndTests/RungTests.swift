import Foundation
import TestSupport
import Testing

/// Images come out the same on every rung, owners and capabilities too: a build on the rung of root is the measure.
@Suite(.serialized, .enabled(if: getuid() == 0, "only root can become everybody")) struct RungTests {
    /// Who builds, and on which rung.
    enum Way: String, CaseIterable, CustomTestStringConvertible {
        case shifted, mapped, rootns
        case singleAsRoot, subid, single

        var isolation: String { self == .singleAsRoot ? "single" : rawValue }
        var testDescription: String { rawValue }

        /// The ordinary user, if it is one: with and without subordinate ids.
        var user: String? {
            switch self {
            case .subid: "build-all-test"
            case .single: "build-all-plain"
            default: nil
            }
        }
    }

    /// Every way in which an owner comes about. The last step writes down what steps see of it.
    private static let dockerfile =
        Workspace.busyboxDockerfile + """
            COPY --chown=1234:4321 tree /copied
            COPY --chown=daemon --chmod=640 one /named/one
            RUN mkdir -p /made/d /tmp /home/user && chmod 1777 /tmp && cd /made && echo x > file && echo y > d/file \\
                && ln -s file link && ln file hard && mkfifo fifo && chown 33:44 file && chmod 4755 file \\
                && chown -h 55:66 link && chown 77:88 fifo && chown -R 9:10 d && chown 0:11 d/file
            RUN cp -a /made /copy && mv /made/d /moved && chown 12 /copied/a && chgrp 13 /copied/link
            RUN mkdir -m 2775 /shared && chgrp 50 /shared && chmod g+s /shared && echo z > /shared/f && mkdir /shared/d \\
                && ln -s f /shared/link && rm -r /copy/d && tar -C /copied -c . | tar -C /shared/d -x
            RUN --mount=type=tmpfs,target=/mnt id -u > /ids && chown 1:1 /ids && touch /mnt/x
            RUN mkdir /new && cd /new && (umask 077; echo a > secret) && chown 1000:1001 /new && echo b >> /copied/b
            USER 1000:1001
            WORKDIR /home/user
            RUN echo own > /tmp/own && mkdir /tmp/folder && ln -s own /tmp/link && mkfifo /tmp/fifo && id -u >> /tmp/own \\
                && id -g >> /tmp/own && ! chown 5 /tmp/own 2>/dev/null && mv /tmp/own /tmp/moved && cp /tmp/moved /tmp/again
            USER 0
            RUN find /copied /named /made /copy /moved /shared /ids /tmp /new /home -exec stat -c '%n %a %u:%g' {} + > /seen

            """

    private func workspace(_ way: Way) throws -> Workspace {
        let workspace = try Workspace("rung-\(way.rawValue)")
        try workspace.write("base/one", "one\n")
        try workspace.write("base/tree/a", "a\n", mode: 0o755)
        try workspace.write("base/tree/b", "b\n")
        try workspace.run("ln", "-s", "a", workspace.path("base/tree/link"))
        try workspace.write("base/passwd", "root:x:0:0::/:/bin/sh\ndaemon:x:7:8::/:/bin/sh\n")
        try workspace.writeBusybox("base")
        try workspace.write(
            "base/Dockerfile",
            Self.dockerfile.replacingOccurrences(
                of: "COPY --chown=daemon", with: "COPY passwd /etc/passwd\nCOPY --chown=daemon"))
        try workspace.write(
            "batch.yaml",
            "version: 1\nimages:\n  base: {context: base, epoch: 1700000000, network: host, outputs: [{oci: out}]}\n")
        return workspace
    }

    private static func run(_ way: Way, in workspace: Workspace, _ arguments: [String]) throws -> Outcome {
        try workspace.run("mkdir", "-p", "bin")
        for program in ["build-all", "build-all-executor"] {
            try workspace.run("cp", Program.folder.appending(path: program).path, workspace.path("bin/\(program)"))
        }
        let command = [workspace.path("bin/build-all")] + arguments + ["--state", workspace.state]
        guard let user = way.user else { return try Program.run(command, in: workspace.folder) }
        try workspace.run("chown", "-R", user, workspace.folder.path)
        let become = ["setpriv", "--reuid", user, "--regid", user, "--init-groups", "env", "HOME=/home/\(user)"]
        return try Program.run(become + command, in: workspace.folder)
    }

    private func index(_ way: Way) throws -> (index: String, seen: String) {
        let workspace = try workspace(way)
        let outcome = try Self.run(way, in: workspace, ["batch.yaml", "--isolation", way.isolation])
        try #require(outcome.exitCode == 0, "\(outcome.errors)")
        let ledger = try workspace.run("sqlite3", "state/ledger.sqlite", "SELECT isolation FROM builds")
        #expect(ledger.output == "\(way.isolation)\n")
        let seen = try workspace.run(
            "sh", "-c", "for f in out/blobs/sha256/*; do tar -xOf $f seen 2>/dev/null; done; true")
        return (try String(contentsOfFile: workspace.path("out/index.json"), encoding: .utf8), seen.output)
    }

    @Test func `owners come out the same, digest for digest`() throws {
        try makeUsers()
        let measure = try index(.shifted)
        #expect(measure.seen.contains("/made/file 4755 33:44\n"))
        for way in Way.allCases.dropFirst() {
            let other = try index(way)
            #expect(other.seen == measure.seen, "\(way)")
            #expect(other.index == measure.index, "\(way)")
        }
    }

    /// Where namespaces are allowed and CAP_SYS_ADMIN is not, or is that of a user namespace with ids 0 to 65535 only.
    @Test(
        .enabled(if: ContainerBox.isPossible, "containers are made by root, with runc and crun"),
        arguments: [
            ContainerProfile.dockerUnconfined, .sixUnconfined, .userNamespace, .userNamespaceMasked,
        ])
    func `in containers without privileges they come out the same too`(_ profile: ContainerProfile) throws {
        let measure = try index(.shifted)
        for isolation in ["mapped", "single"] {
            let workspace = try workspace(.mapped)
            let owner = profile.userNamespace ? "1000000" : "0"
            try workspace.run("chown", "-R", "\(owner):\(owner)", workspace.folder.path)
            let box = try ContainerBox(
                profile, programs: Program.folder.path,
                mounts: [ContainerMount(workspace.folder.path, at: "/given", isWritable: true)])
            let outcome = try box.run(["/kaniko/build-all", "/given/batch.yaml", "--isolation", isolation])
            try #require(outcome.status == 0, "\(isolation): \(outcome.errorOutput)")
            let index = try String(contentsOfFile: workspace.path("out/index.json"), encoding: .utf8)
            #expect(index == measure.index, "\(isolation)")
        }
    }

    /// The rung that is taken, and what is said of those above it.
    @Test(
        .enabled(if: ContainerBox.isPossible, "containers are made by root, with runc and crun"),
        arguments: [
            (ContainerProfile.dockerUnconfined, "mapped"), (.sixUnconfined, "mapped"), (.userNamespace, "mapped"),
            (.userNamespaceMasked, "mapped"), (.docker, nil),
        ] as [(ContainerProfile, String?)])
    func `doctor says which rung is taken in a container, and what would allow the others`(
        _ profile: ContainerProfile, _ rung: String?
    ) throws {
        let box = try ContainerBox(profile, programs: Program.folder.path)
        let output = try box.run(["/kaniko/build-all", "doctor"]).output
        let words = output.split(separator: "\n").filter { $0.hasPrefix("isolation ") }
        let namespaces = words.filter {
            ["shifted", "mapped", "subid", "single", "rootns"].contains($0.split(separator: " ")[1].dropLast())
        }
        #expect(
            namespaces.first { $0.hasSuffix(": works") }?.split(separator: " ")[1].dropLast() == rung.map { $0[...] },
            "\(output)")
        guard rung == nil else { return }
        #expect(
            output.contains("isolation mapped: no: clone3 with a user namespace: Operation not permitted\n  Debian: "),
            "\(output)")
        #expect(output.contains("\n  pod spec: securityContext: {seccompProfile: {type: Unconfined}"), "\(output)")
        #expect(
            output.contains("\n  GitLab's runner: [runners.docker] security_opt = [\"seccomp=unconfined\""), "\(output)"
        )
    }

    // MARK: - A distribution

    private static let archive = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../manifests/quickstart/debian/rootfs.tar").standardizedFileURL
    private static var hasArchive: Bool { FileManager.default.fileExists(atPath: archive.path) }

    private static let debian = """
        FROM scratch
        ADD rootfs.tar /
        RUN apt-get update && apt-get install -y --no-install-recommends iputils-ping sudo cron libcap2-bin \\
            && rm -rf /var/lib/apt/lists/*
        RUN useradd -m bob && su bob -c 'mkdir ~/own && touch ~/own/f && test "$(stat -c %U ~/own/f)" = bob' \\
            && echo 'bob ALL=(ALL) NOPASSWD: ALL' >> /etc/sudoers && su bob -c 'sudo chown 5:6 /home/bob/own/f' \\
            && setcap cap_net_bind_service+ep /usr/bin/whoami && getcap /usr/bin/whoami | grep -q net_bind && dpkg --audit

        """

    /// Type, mode, owner, name and capabilities of every entry of every layer; times and sizes of logs differ.
    private static let listing = """
        import json, sys, tarfile
        blob = lambda digest: "out/blobs/" + digest.replace(":", "/")
        index = json.load(open("out/index.json"))
        for number, layer in enumerate(json.load(open(blob(index["manifests"][0]["digest"])))["layers"]):
            for entry in tarfile.open(blob(layer["digest"])):
                capability = entry.pax_headers.get("SCHILY.xattr.security.capability", "")
                print(number, entry.type, oct(entry.mode), entry.uid, entry.gid, entry.name, repr(capability))
        """

    private func distribution(_ way: Way) throws -> Set<String> {
        let workspace = try Workspace("rung-debian-\(way.rawValue)")
        try workspace.write("debian/Dockerfile", Self.debian)
        try workspace.run("cp", "--reflink=auto", Self.archive.path, workspace.path("debian/rootfs.tar"))
        try workspace.write(
            "batch.yaml", "version: 1\nimages:\n  debian: {context: debian, network: host, outputs: [{oci: out}]}\n")
        let outcome = try Self.run(way, in: workspace, ["batch.yaml", "--isolation", way.isolation])
        try #require(outcome.exitCode == 0, "\(way): \(outcome.errors)")
        return Set(try workspace.run("python3", "-c", Self.listing).lines)
    }

    @Test(.enabled(if: hasArchive, "manifests/quickstart/prepare has not made the root archive"))
    func `apt-get, useradd, su, sudo and setcap leave the same owners and capabilities`() throws {
        try makeUsers()
        let measure = try distribution(.shifted)
        #expect(measure.contains { $0.contains(" home/bob/own/f ") && $0.contains(" 5 6 ") })
        #expect(measure.contains { $0.contains(" usr/bin/whoami ") && !$0.hasSuffix("''") })
        #expect(measure.contains { $0.contains(" var/spool/cron/crontabs ") && !$0.contains(" 0 0 ") })
        for way in [Way.mapped, .single] {
            let other = try distribution(way)
            #expect(other.symmetricDifference(measure).sorted() == [], "\(way)")
        }
    }

    private func makeUsers() throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../.ci/test-user")
        for arguments in [[], ["plain"]] { try Tool.run(script.standardizedFileURL.path, arguments).checked() }
    }
}
