import Foundation
import TestSupport
import Testing

/// What images are that root built on the machine itself, for builds in containers to be compared with. Made once; apt-get's
/// lists are in the base, so that all builds install the same versions.
final class ContainerReference: Sendable {
    /// Where containers see the folder of the batch manifests.
    static let mount = "/input"

    static let archive = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../manifests/quickstart/debian/rootfs.tar").standardizedFileURL.path
    static let isPossible = ContainerBox.isPossible && FileManager.default.fileExists(atPath: archive)

    private static let made = Result { try ContainerReference() }
    /// The folder that containers see at `mount`.
    let folder: TestFolder
    /// Digests by batch manifest and image.
    let digests: [String: [String: String]]

    static func shared() throws -> ContainerReference { try made.get() }

    private init() throws {
        folder = try TestFolder()
        // The object lives as long as the process, and a folder must not live longer.
        atexit {
            if case .success(let reference) = ContainerReference.made { Shell("rm -rf '\(reference.folder.path)'") }
        }
        // Also for containers whose root is another user here.
        Shell("chmod 755 '\(folder.path)'")
        for (name, text) in Self.files {
            let file = folder.path(name)
            Shell("mkdir -p \"$(dirname '\(file)')\"")
            try Data(text.utf8).write(to: URL(filePath: file))
        }
        // Base images have no devices.
        let copied = Shell(
            """
            set -e; cd '\(folder.path)'; cp /bin/busybox busybox/; cp --reflink=auto '\(Self.archive)' debian/rootfs.tar
            tar --list --file debian/rootfs.tar | grep -E '^(\\./)?dev/.' | tar --delete --file debian/rootfs.tar --files-from -
            """)
        guard copied.status == 0 else { throw Tool.Failure(command: "tar", text: copied.output) }
        try Self.build("base.yaml", in: folder)
        Shell("rm -r '\(folder.path("debian"))'")
        digests = try [
            "app.yaml": Self.build("app.yaml", in: folder), "three.yaml": Self.build("three.yaml", in: folder),
        ]
        Shell("rm -rf '\(folder.path("state"))'")
    }

    @discardableResult
    private static func build(_ batch: String, in folder: TestFolder) throws -> [String: String] {
        let result = try Tool.run(
            Program.buildAll, folder.path(batch), "--json", "--progress", "none", "--isolation", "shifted", "--state",
            folder.path("state")
        ).checked()
        return try digests(of: result.output)
    }

    /// What a document of `--json` says.
    static func digests(of document: String) throws -> [String: String] {
        let images = try JSONDecoder().decode(RunDocument.self, from: Data(document.utf8)).images
        return Dictionary(uniqueKeysWithValues: images.compactMap { image in image.digest.map { (image.image, $0) } })
    }

    private static let files = [
        "base.yaml": "version: 1\nimages:\n  debian: {context: debian, outputs: [{oci: base}]}\n",
        "debian/Dockerfile": "FROM scratch\nADD rootfs.tar /\nRUN apt-get update\n",
        "app.yaml": """
        version: 1
        images:
          app: {context: app, contexts: {debian: "oci-layout://base"}, epoch: zero, outputs: []}

        """,
        "app/message": "hello\n",
        "app/Dockerfile": app,
        "three.yaml": """
        version: 1
        defaults: {epoch: zero, outputs: []}
        images:
          one: {context: busybox, args: {NAME: one}}
          two: {context: busybox, args: {NAME: two}}
          three: {context: busybox, args: {NAME: three}}

        """,
        "busybox/Dockerfile": busybox,
    ]

    /// Packages in two stages; owners, modes, set-user-id, capabilities, links, deletions and users in the layers.
    private static let app = """
        FROM debian AS tools
        RUN apt-get install -y --no-install-recommends libcap2-bin && rm -rf /var/log/* /var/cache/*
        RUN install -D -m 755 /bin/cat /out/bin/reader && setcap cap_net_raw+ep /out/bin/reader \\
            && install -m 4755 -o 33 -g 44 /bin/true /out/bin/setuid && ln /out/bin/setuid /out/bin/same \\
            && ln -s reader /out/bin/link && mkdir -m 2750 /out/data && chown 1234:4321 /out/data

        FROM debian
        RUN apt-get install -y --no-install-recommends sudo && rm -rf /var/log/* /var/cache/* /var/lib/apt/lists/*
        COPY --from=tools /out/ /opt/
        RUN useradd --create-home --uid 1000 app && rm -r /usr/share/perl5 && mkdir /usr/share/perl5 \\
            && echo more >> /etc/issue && rm /etc/motd
        RUN [ "$(stat -c %u:%a /opt/bin/same)" = 33:4755 ]
        COPY --chown=app:www-data message /home/app/
        USER app
        WORKDIR /home/app
        RUN cat message > copy && id -u >> copy && [ "$(cat copy)" = "$(printf 'hello\\n1000')" ]

        """

    private static let busybox = """
        FROM scratch AS base
        COPY busybox /bin/busybox
        RUN ["/bin/busybox", "--install", "-s", "/bin"]
        FROM base AS made
        ARG NAME
        RUN mkdir -p /etc /tmp /srv/$NAME && echo root:x:0:0::/:/bin/sh >/etc/passwd && echo $NAME >/srv/$NAME/file \\
            && chown 12:34 /srv/$NAME && touch /only-in-$NAME /tmp/left
        FROM base
        COPY --from=made /srv /srv
        RUN rm /bin/vi && mkdir -m 1777 /tmp && ls / /tmp >/listing && touch /tmp/left

        """
}
