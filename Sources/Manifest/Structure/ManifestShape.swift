/// The tables of all fields: what a batch manifest may hold, and the schema's texts.
enum ManifestShape {
    static let manifest = ObjectShape(
        name: "manifest", noun: "a manifest",
        fields: [
            Field("version", .text(.version), "The version of this format: 1."),
            Field(
                "registry", .text(.registry),
                "Where tags belong: tag x of image i is REGISTRY/i:x. Without it images stay in the local store."),
            Field("include", .either([.text(.some), .list(.text(.some))]), "Other manifests, or patterns of them."),
            Field("vars", .map(keys: .variable, values: variable), "Values for ${…} that --var can change."),
            Field(
                "registries", .map(keys: .host, values: .object(registry)),
                "How to speak to a registry, by host[:port]."),
            Field("retain", .object(retain), "What a run removes at its end, of the state folder."),
            Field("defaults", .object(defaults), "What holds for each image that does not say otherwise."),
            Field("templates", .map(keys: .templateName, values: .object(image)), "Images to extend; never built."),
            Field("groups", .map(keys: .groupName, values: names(.selection)), "Names for sets of images."),
            Field("images", .map(keys: .imageName, values: imageOrContext), "The images, by name."),
        ],
        reserved: ["schedules", "notify"], required: ["version"], isExtensible: true)

    static let retain = ObjectShape(
        name: "retain", noun: "a retain",
        fields: [
            Field("logs", .text(.duration), "How long logs of builds are kept."),
            Field(
                "failed-logs", .text(.duration),
                "How long logs of builds that failed are kept; without it as the others."),
            Field("store", .text(.size), "What the store may take on the disk: the least recently used goes."),
        ], isExtensible: true)

    static let variable = Shape.either([
        .text(.any),
        .object(
            ObjectShape(
                name: "variable", noun: "a variable",
                fields: [
                    Field("default", .text(.any), "The value, unless --var or the environment gives one."),
                    Field("enum", .list(.text(.any)), "The values that are allowed."),
                    Field("env", .text(.some), "The environment variable that may give the value."),
                    Field("about", .text(.any), "What it is for."),
                ], isExtensible: true)),
    ])

    static let registry = ObjectShape(
        name: "registry", noun: "a registry",
        fields: [
            Field("http", .flag, "Plain HTTP; the default for loopback addresses."),
            Field("ca", .text(.some), "File with the certificates to trust (PEM)."),
            Field("cert", .text(.some), "File with the client's certificate (PEM)."),
            Field("key", .text(.some), "File with the client's key (PEM)."),
            Field("insecure", .flag, "HTTPS without a look at the certificate."),
            Field(
                "mirror", .list(.text(.mirror)),
                "Where to pull from first, in order: HOST[:PORT][/PREFIX], put before the repository."),
            Field("fallback", .flag, "Whether what no mirror has comes from the registry itself; true."),
        ], isExtensible: true)

    private static let imageOrContext = Shape.either([.text(.context), .object(image)])

    static let image = ObjectShape(
        name: "image", noun: "an image",
        fields: [
            Field(
                "extends", .either([.text(.some), .list(.text(.some))]),
                "Templates that this builds on; later ones win.")
        ] + shared + [
            Field("needs", names(.imageName), "Images to build first; it only orders.", isAppendable: true),
            Field(
                "matrix", .map(keys: .matrixKey, values: .list(.text(.any))),
                "One image for each combination of these values."),
            Field(
                "exclude", .list(.map(keys: .matrixKey, values: .text(.any))), "Combinations to leave out.",
                isAppendable: true),
        ], reserved: reserved, exclusive: exclusive, isExtensible: true)

    static let defaults = ObjectShape(
        name: "defaults", noun: "defaults", fields: shared, reserved: reserved, exclusive: exclusive, isExtensible: true
    )

    static let limits = ObjectShape(
        name: "limits", noun: "limits",
        fields: [
            Field("cpus", .text(.processors), "Processors: 2, 0.5."),
            Field("memory", .text(.size), "Memory: 4GiB, 512MiB, 100MB, bytes."),
            Field("pids", .text(.processes), "Processes and threads."),
            Field("disk", .text(.size), "What the steps of the image may write to the disk together: 10GiB."),
            Field("timeout", .text(.duration), "The longest time for the image: 30m, 1h30m."),
            Field("idle", .text(.duration), "The longest time without output."),
        ], reserved: ["slot"], isExtensible: true)

    static let cache = ObjectShape(
        name: "cache", noun: "cache",
        fields: [
            Field(
                "mode", .text(.cacheMode),
                "max: every step is looked up and recorded; min: the same, but repo gets only steps of the image itself; "
                    + "off: neither."),
            Field("ttl", .text(.duration), "The age from which on a result does not count: 14d."),
            Field(
                "repo", .text(.cacheRepository),
                "Where results are read from and written to beside the local store: a repository, or oci:FOLDER."),
            Field(
                "from", .list(.text(.cachePlace)),
                "Where else results are read from: repositories, images that build-all pushed, oci:FOLDER.",
                isAppendable: true),
            Field("fresh", .list(.text(.some)), "Stages whose steps always run.", isAppendable: true),
        ], isExtensible: true)

    static let compression = ObjectShape(
        name: "compression", noun: "a compression",
        fields: [
            Field("type", .text(.compression), "gzip, the default, or zstd."),
            Field(
                "level", .text(.compressionLevel),
                "From the fastest to the smallest: 1 to 12 for gzip, 1 to 22 for zstd."),
        ], isExtensible: true)

    static let retry = ObjectShape(
        name: "retry", noun: "retry",
        fields: [
            Field("attempts", .text(.attempts), "All tries together."),
            Field(
                "when", names(.retryCause),
                "After which failures.",
                isAppendable: true),
        ], isExtensible: true)

    static let tag = ObjectShape(
        name: "tag", noun: "a tag",
        fields: [
            Field("tag", .text(.tag), "The tag, or a whole reference."),
            Field("if", .text(.condition), "Whether the image gets it: flavor == slim and git.branch == main."),
            Field("immutable", .flag, "Refuses to move the tag once it is there."),
        ], required: ["tag"], isExtensible: true)

    static let versionTags = ObjectShape(
        name: "versionTags", noun: "tags",
        fields: [
            Field("semver", .text(.semver), "1.2.3 gives the tags 1.2.3, 1.2 and 1."),
            Field("latest", .flag, "Gives the tag latest too."),
            Field("if", .text(.condition), "Whether the image gets them."),
        ], required: ["semver"], isExtensible: true)

    static let output = ObjectShape(
        name: "output", noun: "an output",
        fields: [
            Field("oci", .text(.some), "Folder of an OCI image layout."),
            Field("oci-archive", .text(.some), "Tar file of an OCI image layout."),
            Field("docker-archive", .text(.some), "Tar file for docker load."),
            Field("rootfs", .text(.some), "Folder for the image's files."),
        ], isSingle: true)
}

extension ManifestShape {
    static let secret = ObjectShape(
        name: "secret", noun: "a secret",
        fields: [
            Field("id", .text(.some), "Its name in the Dockerfile."),
            Field("file", .text(.some), "The file that holds it; ~/ is the home folder."),
            Field("env", .text(.some), "The environment variable that holds it."),
        ], required: ["id"], exclusive: [["file", "env"]], alternatives: ["file", "env"], isExtensible: true)

    static let agent = ObjectShape(
        name: "agent", noun: "an ssh agent",
        fields: [
            Field("id", .text(.some), "Its name in the Dockerfile."),
            Field("socket", .text(.some), "The socket of an agent that runs."),
            Field("keys", .list(.text(.some)), "Files with private keys, for an agent that lives as long as the run."),
        ], required: ["id"], exclusive: [["socket", "keys"]], isExtensible: true)

    private static let reserved = ["rebuild", "publish", "test", "owner", "eol"]
    private static let exclusive = [["dockerfile", "inline"]]

    /// Fields of images that `defaults` has too.
    private static let shared: [Field] = [
        Field(
            "context", .text(.context),
            "What COPY and ADD read: a folder, a tar archive, - (one on standard input), a git repository, or a URL."),
        Field(
            "dockerfile", .text(.some), "Path in the context; with a leading / below the folder of this file."),
        Field("inline", .text(.some), "The Dockerfile itself; ${…} in it is the Dockerfile's own."),
        Field("target", .text(.some), "The stage to build; the last one if missing."),
        Field(
            "args", .map(keys: .argument, values: .optional(.text(.any))),
            "Build arguments; one without value takes the environment's."),
        Field(
            "contexts", .map(keys: .contextName, values: .text(.namedContext)),
            "Names for FROM and --from: image:NAME, docker-image://REFERENCE, oci-layout://FOLDER, or what context takes."
        ),
        Field(
            "tags",
            .either([
                .list(.either([.text(.tag), .object(tag), .object(versionTags)])), .object(versionTags),
            ]), "Tags, or whole references; latest if missing.", isAppendable: true),
        Field("labels", .map(keys: .label, values: .text(.any)), "Labels in the image's config."),
        Field("annotations", .map(keys: .label, values: .text(.any)), "Annotations of the image's manifest."),
        Field("platforms", .list(.text(.platform)), "The platform to build for: the machine's own."),
        Field(
            "network", .text(.network),
            "private: a network stack of its own; host; none."),
        Field(
            "secrets", .list(.either([.text(.secret), .object(secret)])),
            "What RUN --mount=type=secret may ask for; a name alone is an environment variable.", isAppendable: true),
        Field(
            "ssh", .list(.either([.text(.agent), .object(agent)])),
            "SSH agents for RUN --mount=type=ssh; a name alone is the agent of SSH_AUTH_SOCK.", isAppendable: true),
        Field(
            "entitlements", names(.entitlement), "What RUN may do beyond the usual: network.host.", isAppendable: true),
        Field(
            "isolation", .text(.isolation),
            "The least isolation that will do."),
        Field("limits", .object(limits), "What the image may use."),
        Field("retry", .object(retry), "When a failed build is tried again."),
        Field(
            "outputs", .list(.either([.text(.output), .object(output)])),
            "Where the image goes beside the local store.", isAppendable: true),
        Field("cache", .object(cache), "How much of the step cache is used."),
        Field(
            "compression", .either([.text(.compression), .object(compression)]),
            "Of the layers that the image adds: gzip or zstd, with a level."),
        Field("epoch", .text(.epoch), "Upper bound of all timestamps: git, zero, now, or seconds since 1970."),
    ]

    /// A list of texts; one text is a list of one.
    private static func names(_ rule: TextRule) -> Shape { .list(.text(rule)) }
}
