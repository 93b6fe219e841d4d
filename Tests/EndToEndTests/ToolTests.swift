import Foundation
import TestSupport
import Testing

/// What the filter, the capabilities and the masks must leave alone: the tools that Dockerfiles are made of, on every rung.
@Suite(.serialized) struct ToolTests {
    private static let archive = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../manifests/quickstart/debian/rootfs.tar").standardizedFileURL

    private static var hasArchive: Bool { FileManager.default.fileExists(atPath: archive.path) }

    private static let packages = "sudo libcap2-bin iputils-ping gcc libc6-dev python3 default-jre-headless attr"

    /// What a rung does not have, by a word of the checks that want it; docs/sandbox.md says the same.
    private static let missing: [String: [(word: String, reason: String)]] = [
        "mapped": [("ping ", "pasta may have no tun device, and the host lets nobody but root ping")],
        "single": [("ping ", "groups that may ping are those of the kernel, and a step has but one")],
        "jail": [
            ("java", "there is no /proc of processes, which the package asks for"),
            ("sudo -n", "no_new_privs"), ("ping ", "no_new_privs"), ("binder", "no_new_privs"),
        ],
    ]

    /// One line of shell each, run as root in the stage `checks`; the last has made the user `builder`.
    private static let checks = [
        "apt-get install -y --no-install-recommends make && make --version | grep GNU",
        "mkdir -p p/DEBIAN p/opt && printf 'Package: own\\nVersion: 1\\nArchitecture: all\\nMaintainer: a <a@b.c>\\n"
            + "Description: d\\n' >p/DEBIAN/control && echo own >p/opt/own && dpkg-deb --build p own.deb && dpkg -i own.deb"
            + " && grep own /opt/own && dpkg -r own && ! test -e /opt/own",
        "useradd --create-home --uid 1234 builder && groupadd --gid 4321 workers && usermod -aG workers builder"
            + " && echo builder:secret | chpasswd && id builder | grep 'uid=1234(builder).*4321(workers)'",
        "su builder -c 'id -un' | grep builder && su - builder -c pwd | grep /home/builder && runuser -u builder -- id -u | grep 1234",
        "echo 'builder ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/builder && su builder -c 'sudo -n id -u' | grep '^0$'",
        "mkdir /own && chown builder:workers /own && stat -c %U:%G /own | grep builder:workers && su builder -c 'echo x >/own/x'",
        "su builder -c 'ping -c 1 -W 5 127.0.0.1'",
        "cp /usr/bin/python3.* /usr/local/bin/binder && setcap cap_net_bind_service=+ep /usr/local/bin/binder"
            + " && getcap /usr/local/bin/binder | grep cap_net_bind_service=ep",
        "mkdir t && echo x >t/f && chown 33:44 t/f && ln t/f t/g && ln -s f t/l && mkfifo t/p && setfattr -n user.a -v b t/f"
            + " && tar --xattrs -cf t.tar t && mkdir u && tar --xattrs -xpf t.tar -C u && stat -c %u:%g:%h u/t/f | grep 33:44:2"
            + " && getfattr --only-values -n user.a u/t/f | grep b",
        "printf '#include <pthread.h>\\n#include <stdio.h>\\nvoid *f(void *a) { puts(a); return 0; }\\n"
            + "int main(void) { pthread_t t; pthread_create(&t, 0, f, \"threads\"); return pthread_join(t, 0); }\\n' >m.c"
            + " && gcc -O2 -pthread -o m m.c && ./m | grep threads",
        "python3 -c 'import multiprocessing as m, subprocess as s; print(m.Pool(2).map(abs, [-1, -2]), s.check_output([\"id\", \"-u\"]))'"
            + " | grep '1, 2'",
        "keytool -genkeypair -keystore k -storepass secret1 -keyalg RSA -dname CN=a -alias a && "
            + "keytool -list -keystore k -storepass secret1 | grep PrivateKeyEntry && java -XX:+UseParallelGC -Xmx64m -version",
    ]

    /// In a network of its own over which the step's root has power, so that ports below 1024 need the capability.
    private static let bind = "-c 'import socket; socket.socket().bind((\"127.0.0.1\", 80))'"

    private static func dockerfile(_ rung: String) -> String {
        let words = (missing[rung] ?? []).map(\.word)
        let checks = checks.filter { check in !words.contains(where: check.contains) }
        let packages = words.contains("java") ? packages.replacing("default-jre-headless", with: "") : packages
        let binding =
            words.contains("binder") ? "" : "RUN --network=none <<'END'\nset -e\nsu builder -c \"binder $BIND\"\nEND"
        return
            """
            FROM scratch AS debian
            ADD rootfs.tar /
            FROM debian AS tools
            RUN mkdir -p /usr/share/man/man1 && apt-get update && apt-get install -y --no-install-recommends \(packages)
            FROM tools AS checks
            WORKDIR /checks
            \(checks.map { "RUN <<'END'\nset -e\n\($0)\nEND" }.joined(separator: "\n"))
            \(binding)
            FROM scratch
            COPY --from=checks /checks/t.tar /

            """.replacing("$BIND", with: bind.replacing("\"", with: "\\\""))
    }

    @Test(
        .enabled(if: hasArchive, "manifests/quickstart/prepare has not made the root archive"),
        arguments: Rungs.usable)
    func `packages, users, capabilities, archives, compilers and virtual machines work`(rung: String) throws {
        let workspace = try Workspace("tools")
        try workspace.run("mkdir", "debian")
        try workspace.run("cp", "--reflink=auto", Self.archive.path, workspace.path("debian/rootfs.tar"))
        // Not all rungs can make devices, and steps have their own /dev.
        try workspace.run("tar", "--delete", "--wildcards", "-f", workspace.path("debian/rootfs.tar"), "./dev/*")
        try workspace.write("debian/Dockerfile", Self.dockerfile(rung))
        try workspace.write("batch.yaml", "version: 1\nimages:\n  tools: {context: debian, network: private}\n")
        let outcome = try workspace.buildAll("batch.yaml", "--isolation", rung, "--json")
        #expect(outcome.exitCode == 0, "\(outcome.output)\(outcome.errors)")
    }
}
