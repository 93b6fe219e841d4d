extension Flag {
    /// What `warmer` takes.
    public static let warmer: [Flag] =
        [
            Flag("image", .texts, "Image to fetch", short: "i"),
            Flag("dockerfile", .text, "Dockerfile, or its URL, whose base images to fetch", short: "d"),
            Flag("build-arg", .texts, "NAME=VALUE for --dockerfile"),
            Flag("cache-dir", .text, "Folder to fill [/cache]", short: "c"),
            Flag(
                "force", .boolean, "Fetch again", short: "f",
                idle: "what is there is verified and compared with the registry every time"),
            Flag(
                "cache-ttl", .duration, "How old images may be",
                idle: "what is there is compared with the registry every time"),
            Flag("custom-platform", .text, "Platform to fetch for [the machine's]"),
            Flag("customPlatform", .text, "", replacedBy: "custom-platform"),
        ] + registries + logging
}
