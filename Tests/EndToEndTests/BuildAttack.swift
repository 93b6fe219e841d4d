import Testing

/// A build that would read or write outside of its image if the builder followed names as the shell does.
///
/// In every text `$SECRET` is a file of the host, `$WITNESS` a folder of the host that all may write to.
struct BuildAttack: Sendable, CustomTestStringConvertible {
    let name: String
    /// A shell script that makes the context, in its folder.
    let context: String
    /// After `FROM base`, which has a shell.
    let dockerfile: String
    /// What a plain builder would do, in the context's folder, with the image's root at `$ROOT`.
    let plain: String
    /// What the build says; nil: it is built.
    let error: String?
    var fields = ""

    init(
        _ name: String, context: String, dockerfile: String, plain: String, error: String? = nil, fields: String = ""
    ) {
        self.name = name
        self.context = context
        self.dockerfile = dockerfile
        self.plain = plain
        self.error = error
        self.fields = fields
    }

    var testDescription: String { name }

    static let all = copies + archives + mounts + places

    /// Rungs on which an attack's build is no error, but does no harm, and why.
    static let harmless: [(rung: String, attack: String, reason: String)] = [
        (
            "jail", "the folder for proc is a link to a folder of the host",
            "what an image has in the place of /proc is put aside before the folder is made"
        )
    ]

    func error(on rung: String) -> String? {
        Self.harmless.contains { $0.rung == rung && $0.attack == name } ? nil : error
    }

    private static let link = "mkdir -p d && ln -s $WITNESS d/link && echo x >file"
    private static let plainLink = "cp -a d $ROOT/"

    // MARK: - COPY

    private static let copies = [
        BuildAttack(
            "a link in the context to a file of the host is copied", context: "ln -s $SECRET stolen",
            dockerfile: "COPY stolen /stolen", plain: "cp stolen $ROOT/stolen", error: "not found"),
        BuildAttack(
            "a file behind a link to a folder is copied", context: "ln -s ${SECRET%/*} d",
            dockerfile: "COPY d/secret /stolen", plain: "cp d/secret $ROOT/stolen", error: "not found"),
        BuildAttack(
            "a source goes up out of the context", context: "true",
            dockerfile: "COPY ../../../../../../../..$SECRET /stolen",
            plain: "cp ../../../../../../../..$SECRET $ROOT/stolen", error: "not found"),
        BuildAttack(
            "a link in another stage to a file of the host is copied", context: "mkdir d && ln -s $SECRET d/link",
            dockerfile: "COPY d /d\nFROM base\nCOPY --from=0 /d/link /stolen",
            plain: "cp -a d $ROOT/ && cp $ROOT/d/link $ROOT/stolen", error: "not found"),
        BuildAttack(
            "a destination lies behind a link to a folder of the host", context: link,
            dockerfile: "COPY d /d\nCOPY file /d/link/made", plain: "\(plainLink) && cp file $ROOT/d/link/made"),
        BuildAttack(
            "a destination is a link to a file of the host",
            context: "mkdir d && ln -s $WITNESS/victim d/link && echo x >file",
            dockerfile: "COPY d /d\nCOPY file /d/link", plain: "\(plainLink) && cp file $ROOT/d/link"),
        BuildAttack(
            "a destination goes up out of the image", context: link,
            dockerfile: "COPY file /d/../../../../../../..$WITNESS/made",
            plain: "mkdir $ROOT/d && cp file $ROOT/d/../../../../../../..$WITNESS/made"),
        BuildAttack(
            "an owner is looked up in a link to a file of the host",
            context: "mkdir d && ln -s $WITNESS/victim d/passwd && echo x >file",
            dockerfile: "RUN rm -f /etc/passwd\nCOPY d /etc\nCOPY --chown=victim file /file",
            plain: "cp -a d/. $ROOT/etc && cat $ROOT/etc/passwd >$ROOT/seen && cp $SECRET $ROOT/stolen",
            error: "unable to find user victim"),
    ]

    // MARK: - ADD

    private static func archive(_ members: String) -> String {
        """
        python3 - <<'END'
        import io, os, tarfile
        archive = tarfile.open("evil.tar", "w")
        def add(name, type=tarfile.REGTYPE, link="", text=b"x"):
            member = tarfile.TarInfo(name)
            member.type, member.linkname, member.size = type, link, len(text) if type == tarfile.REGTYPE else 0
            archive.addfile(member, io.BytesIO(text))
        \(members)
        archive.close()
        END
        """
    }

    /// Unpacks as Python did for thirty years.
    private static let unpack = """
        python3 -c 'import os, sys, tarfile
        os.chdir(os.environ["ROOT"])
        archive = tarfile.open(sys.argv[1])
        archive.extraction_filter = lambda member, path: member
        archive.extractall(".")' $PWD/evil.tar
        """

    private static func adds(_ name: String, _ members: String, error: String?) -> BuildAttack {
        BuildAttack(name, context: archive(members), dockerfile: "ADD evil.tar /", plain: unpack, error: error)
    }

    private static let archives = [
        adds("an archive has a name that goes up", #"add("../" * 12 + "$WITNESS/made")"#, error: "evil.tar"),
        adds("an archive has an absolute name", #"add("$WITNESS/made")"#, error: nil),
        adds(
            "an archive has a link, and a file behind it",
            #"add("way", tarfile.SYMTYPE, "$WITNESS"); add("way/made")"#, error: nil),
        adds(
            "an archive has a link that goes up, and a file behind it",
            #"add("way", tarfile.SYMTYPE, "../" * 12 + "$WITNESS"); add("way/made")"#, error: nil),
        adds(
            "an archive has a hard link to a file of the host",
            #"add("stolen", tarfile.LNKTYPE, "$SECRET")"#, error: "evil.tar"),
        adds(
            "an archive replaces a file behind a link of its own",
            #"add("way", tarfile.SYMTYPE, "$WITNESS/victim"); add("way", text=b"y")"#, error: nil),
    ]

    // MARK: - RUN --mount

    private static let mounts = [
        BuildAttack(
            "a mount's target lies behind a link to a folder of the host", context: link,
            dockerfile: "COPY d /d\nRUN --mount=type=tmpfs,target=/d/link/made true",
            plain: "\(plainLink) && mkdir -p $ROOT/d/link/made"),
        BuildAttack(
            "a mount's source is a link to a folder of the host", context: "ln -s ${SECRET%/*} d",
            dockerfile: "RUN --mount=type=bind,source=d,target=/m cp /m/secret /stolen",
            plain: "cp d/secret $ROOT/stolen",
            error: "not found"),
        BuildAttack(
            "a cache's name goes up", context: "true",
            dockerfile: "RUN --mount=type=cache,id=../../../../../../../..$WITNESS/made,target=/c touch /c/x",
            plain: "mkdir -p $ROOT/caches && mkdir -p $ROOT/caches/../../../../../../../..$WITNESS/made"),
        BuildAttack(
            "a secret's target lies behind a link to a folder of the host", context: link,
            dockerfile: "COPY d /d\nRUN --mount=type=secret,id=s,target=/d/link/made true",
            plain: "\(plainLink) && cp file $ROOT/d/link/made", fields: ", secrets: [{id: s, file: SECRET}]"),
    ]

    // MARK: - Places that the builder itself writes to

    private static let places = [
        BuildAttack(
            "a working directory lies behind a link to a folder of the host", context: link,
            dockerfile: "COPY d /d\nWORKDIR /d/link/made\nRUN true", plain: "\(plainLink) && mkdir -p $ROOT/d/link/made"
        ),
        BuildAttack(
            "a working directory is a descriptor of the builder", context: "true",
            dockerfile: (3...12).map { "RUN cd /proc/self/fd/\($0) 2>/dev/null && cp ./$SECRET /stolen || true\n" }
                .joined(),
            plain: "exec 9</; cd /proc/self/fd/9 && cp ./$SECRET $ROOT/stolen"),
        BuildAttack(
            "WORKDIR names a descriptor of the builder", context: "true",
            dockerfile: "WORKDIR /proc/self/fd/7\nRUN cp ../../../..$SECRET /stolen",
            plain:
                "exec 7</; cd /proc/self/fd/7 && cp ./$SECRET $ROOT/stolen", error: "/proc/self/fd/7"),
        BuildAttack(
            "the files of /etc that the builder gives lie behind a link", context: "mkdir d && ln -s $WITNESS d/etc",
            dockerfile:
                "RUN mv /etc /old || rm -rf /etc || true\nFROM scratch\nCOPY d /\nCOPY --from=base /bin /bin\nRUN [\"/bin/true\"]",
            plain: "rm -rf $ROOT/etc && cp -a d/. $ROOT/ && touch $ROOT/etc/resolv.conf", error: nil),
        BuildAttack(
            "the folder for proc is a link to a folder of the host", context: "mkdir d && ln -s $WITNESS d/proc",
            dockerfile: "FROM scratch\nCOPY d /\nCOPY --from=base /bin /bin\nRUN [\"/bin/true\"]",
            plain: "cp -a d/. $ROOT/ && mkdir -p $ROOT/proc/self", error: "proc"),
    ]
}
