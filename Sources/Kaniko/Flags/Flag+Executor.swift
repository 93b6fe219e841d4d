extension Flag {
    /// What `executor` takes: upstream's flags, those of its fork, and three of our own.
    public static let executor: [Flag] =
        sources + outputs + cache + snapshots + lifetime + registries + pushing + logging + own + spellings

    private static let sources: [Flag] = [
        Flag(
            "dockerfile", .text, "Dockerfile: in the working folder, else in the context, or an http(s) URL", short: "f"
        ),
        Flag(
            "context", .text, "Folder, tar://, tar://stdin, git://, gs://, s3:// or https:// [/workspace/]", short: "c"),
        Flag("context-sub-path", .text, "Folder of the context that counts as the context"),
        Flag("bucket", .text, "Bucket of Google with the context, as BUCKET/KEY; before --context", short: "b"),
        Flag("git", .texts, "branch=, single-branch=, depth=, recurse-submodules=, insecure-skip-tls="),
        Flag("build-arg", .texts, "NAME=VALUE, or NAME for the value of the environment"),
        Flag("target", .texts, "Stage to build; the first is the image, further ones are built beside it"),
        Flag("custom-platform", .text, "Platform of the image: the machine's own"),
        Flag("secret", .texts, "id=ID,src=FILE or id=ID,env=NAME for RUN --mount=type=secret"),
        Flag("label", .texts, "NAME=VALUE in the image's config"),
        Flag("annotation", .texts, "NAME=VALUE in the image's manifest"),
    ]

    private static let outputs: [Flag] = [
        Flag("destination", .texts, "Name to push the image to", short: "d"),
        Flag("no-push", .boolean, "Push no image; the cache is still written"),
        Flag("no-push-cache", .boolean, "Only read the cache"),
        Flag("tar-path", .text, "File for docker load"),
        Flag("oci-layout-path", .text, "Folder of an OCI image layout with this image alone"),
        Flag("image-format", .text, "oci or docker [oci]"),
        Flag("compression", .text, "gzip or zstd [gzip]"),
        Flag("compression-level", .number, "1 to 12 for gzip, 1 to 22 for zstd [-1: the method's own]"),
        Flag("digest-file", .text, "File, or https URL to PUT to, for the image's digest"),
        Flag("image-name-with-digest-file", .text, "File for a line REPOSITORY@DIGEST a destination"),
        Flag("image-name-tag-with-digest-file", .text, "File for a line REPOSITORY:TAG@DIGEST a destination"),
        Flag("reproducible", .boolean, "No time is later than 1970"),
    ]

    private static let cache: [Flag] = [
        Flag("cache", .boolean, "Look steps up, and keep their results"),
        Flag("cache-repo", .text, "HOST/REPOSITORY, or oci:FOLDER [the first destination, with /cache]"),
        Flag("cache-dir", .text, "Folder of base images that the warmer filled [/cache]"),
        Flag("cache-ttl", .duration, "How old results may be [336h]"),
        Flag("cache-run-layers", .boolean, "false: every step runs [true]"),
        Flag(
            "cache-copy-layers", .boolean, "Cache COPY",
            idle: "with --cache every step is cached, and a hit costs nothing"
        ),
        Flag(
            "compressed-caching", .boolean, "Memory of the cache",
            idle: "layers flow to the disk, none is kept in memory"),
    ]

    private static let snapshots: [Flag] = [
        Flag("single-snapshot", .boolean, "All that the image adds to its base is one layer"),
        Flag("ignore-path", .texts, "Path, * and ? within a name, of which nothing gets into a layer"),
        Flag(
            "snapshot-mode", .text, "full, redo or time",
            idle: "changes are found where they are made, not by comparing the file system"),
        Flag("use-new-run", .boolean, "Another snapshot", idle: "there is no snapshot of the file system to avoid"),
        Flag(
            "ignore-var-run", .boolean, "Leave /var/run out",
            idle: "/var/run of the image is kept, and nothing of the machine is in it"),
        Flag(
            "image-fs-extract-retry", .number, "Unpacking again",
            idle: "base images are unpacked into the store, verified; what the network breaks off is fetched again"),
    ]

    private static let lifetime: [Flag] = [
        Flag("cleanup", .boolean, "Remove what the build left in the state folder, also after a failure"),
        Flag("kaniko-dir", .text, "Folder of the state folder and of .docker/config.json [/kaniko]"),
        Flag("dryrun", .boolean, "Print the batch manifest that the flags amount to, and what would be built"),
        Flag("force", .boolean, "With --isolation inplace: the files of the container around may be replaced"),
        Flag("pre-cleanup", .boolean, "Wipe first", idle: "only inplace builds among the container's own files"),
        Flag("preserve-context", .boolean, "Keep the context", idle: "a build never changes its context"),
        Flag("materialize", .boolean, "Unpack always", idle: "only inplace builds among the container's own files"),
        Flag(
            "skip-unused-stages", .boolean, "Skip stages", idle: "stages that the image does not need are never built"),
        Flag(
            "force-build-metadata", .boolean, "Layers of metadata",
            idle: "metadata is in config and history, and never makes a layer"),
    ]

    static let registries: [Flag] = [
        Flag("insecure-pull", .boolean, "Pull over HTTP where a registry does not speak HTTPS"),
        Flag("insecure-registry", .texts, "Registry that may speak HTTP"),
        Flag("skip-tls-verify-pull", .boolean, "Look at no registry's certificate when pulling"),
        Flag("skip-tls-verify-registry", .texts, "Registry whose certificate is not looked at"),
        Flag("registry-certificate", .texts, "REGISTRY=FILE with its authority"),
        Flag("registry-client-cert", .texts, "REGISTRY=CERTIFICATE,KEY"),
        Flag("registry-mirror", .texts, "HOST[/PREFIX] to pull from before Docker Hub"),
        Flag("registry-map", .texts, "REGISTRY=HOST[/PREFIX];… to pull from first"),
        Flag("skip-default-registry-fallback", .boolean, "What no mirror has is not pulled from the registry itself"),
        Flag("image-download-retry", .number, "How often to try a download again, at least"),
        Flag("credential-helpers", .texts, "Of env, google, ecr, acr, gitlab; empty for none [all]"),
        Flag(
            "azure-container-registry-config", .text, "Identity with Azure",
            idle: "the identity with Azure is that of the environment or the machine"),
    ]

    private static let pushing: [Flag] = [
        Flag("insecure", .boolean, "Push over HTTP where a registry does not speak HTTPS"),
        Flag("skip-tls-verify", .boolean, "Look at no certificate when pushing"),
        Flag("push-retry", .number, "How often to try a push again, at least"),
        Flag("push-ignore-immutable-tag-errors", .boolean, "A tag that may not be moved is no failure"),
        Flag("skip-push-permission-check", .boolean, "Do not ask before the build whether pushing is allowed"),
    ]

    static let logging: [Flag] = [
        Flag("verbosity", .text, "trace, debug, info, warn, error, fatal or panic [info]", short: "v"),
        Flag("log-format", .text, "text, color or json [color]"),
        Flag("log-timestamp", .boolean, "Time of day in the log"),
    ]

    private static let own: [Flag] = [
        Flag("state", .text, "The state folder, before --kaniko-dir"),
        Flag("isolation", .text, "Use this way of isolation and no other, see build-all doctor"),
        Flag("network", .text, "Of RUN: private, host or none [private]"),
    ]

    private static let spellings: [Flag] = [
        Flag("snapshotMode", .text, "", replacedBy: "snapshot-mode"),
        Flag("customPlatform", .text, "", replacedBy: "custom-platform"),
        Flag("tarPath", .text, "", replacedBy: "tar-path"),
        Flag("whitelist-var-run", .boolean, "", replacedBy: "ignore-var-run"),
    ]
}
