/// A variable `FF_KANIKO_…`, with which kaniko's fork switches single behaviours. Here each is as it is.
public struct FeatureFlag: Hashable, Sendable {
    /// Behind `FF_KANIKO_`.
    public let name: String
    /// What it would be set to for what is done here.
    public let isOn: Bool
    /// What is done here.
    public let about: String

    private init(_ name: String, _ about: String, isOn: Bool = true) {
        (self.name, self.isOn, self.about) = (name, isOn, about)
    }

    public static let all: [FeatureFlag] = [
        FeatureFlag("BUILDKIT_ARG_ENV_PRECEDENCE", "the later of ARG and ENV counts, as in docker"),
        FeatureFlag("CACHE_LOOKAHEAD", "each key is computed when the layers before it are known"),
        FeatureFlag("CACHE_PROBE_AFTER_MISS", "every step is looked up, also behind one that ran"),
        FeatureFlag("CHOWN_ON_IMPLICIT_DIRS", "WORKDIR gives what it makes to the user, as docker does"),
        FeatureFlag("CLEAN_KANIKO_DIR", "--cleanup removes what the build left in the state folder"),
        FeatureFlag("COPY_AS_ROOT", "COPY without --chown is root's"),
        FeatureFlag("COPY_CHMOD_ON_IMPLICIT_DIRS", "--chmod is for folders that COPY makes too, as in docker"),
        FeatureFlag("CROSS_REPO_MOUNT", "blobs that the registry has elsewhere are mounted"),
        FeatureFlag("DEPRECATE_INTER_STAGE_RESTORE", "a stage never changes what another sees"),
        FeatureFlag("DISABLE_HTTP2", "the registry says which HTTP it speaks", isOn: false),
        FeatureFlag("EXPAND_HEREDOC", "variables in heredocs of COPY are expanded unless their word is quoted"),
        FeatureFlag("HASH_DIR_FRAMING", "every part of a key has its length before it"),
        FeatureFlag("IGNORE_CACHED_MANIFEST", "the folder of base images is an OCI layout, every byte verified"),
        FeatureFlag("INFER_CROSS_STAGE_CACHE_KEY", "a step that copies from a stage hangs on that stage's layers"),
        FeatureFlag("NO_PROPAGATE_ANNOTATIONS", "annotations of the base's manifest are not inherited"),
        FeatureFlag("OCI_SCRATCH_BASE", "images are OCI images, unless --image-format says docker"),
        FeatureFlag("OCI_WARMER", "the folder of base images is an OCI layout"),
        FeatureFlag("PATH_SCOPED_REGISTRY_AUTH", "the longest entry of auths that fits counts"),
        FeatureFlag("PRECOMPILE_DOCKERIGNORE", "patterns are read once"),
        FeatureFlag("PRESERVE_HARDLINKS", "hard links stay hard links"),
        FeatureFlag("PRESERVE_MOUNTED_PATHS", "only inplace builds among the container's own files"),
        FeatureFlag("RELATIVE_LINK_TARGETS", "targets of hard links are relative"),
        FeatureFlag("REPRODUCIBLE_PRESERVE_BASE_LAYERS", "layers of base images stay as they are"),
        FeatureFlag(
            "RESOLVE_CACHE_KEY", "keys are made of what instructions do, variables expanded, heredocs included"),
        FeatureFlag("ROLLING_CACHE_KEY", "each key is a digest over the state before it"),
        FeatureFlag("RUN_HONOR_GROUP", "the group of USER counts"),
        FeatureFlag("RUN_MOUNT_BIND", "bind mounts are mounts"),
        FeatureFlag("RUN_VIA_TINI", "each RUN has an init of its own that reaps"),
        FeatureFlag("SCOPED_DOCKERIGNORE", "an ignore file is for its context alone"),
        FeatureFlag("SECUREJOIN_EXTRACTION", "nothing is ever written outside of the image's root"),
        FeatureFlag("SHARED_BASE_CACHE", "a base image is fetched once"),
        FeatureFlag("SKIP_CACHED_STAGES", "what is not needed is neither fetched nor unpacked"),
        FeatureFlag("SKIP_RELABEL_RECOMPRESS", "only what has another compression is packed anew"),
        FeatureFlag("SKIP_WRITE_WHITEOUTS", "whiteouts are never files of the image"),
        FeatureFlag("UNTAR_SKIP_ROOT", "the root of an archive does not change its target"),
        FeatureFlag("VOLUME_SKIP_MKDIR", "VOLUME makes no folder"),
        FeatureFlag("WARMER_CACHE_LOCK", "warmers of one folder wait for each other"),
    ]

    private static let prefix = "FF_KANIKO_"

    /// For those that are set otherwise than is done here, and for those that nobody knows.
    static func notes(_ environment: [String: String]) -> [String] {
        environment.keys.filter { $0.hasPrefix(prefix) }.sorted().compactMap { variable in
            guard let flag = all.first(where: { prefix + $0.name == variable }) else {
                return "\(variable) does nothing: no such flag is known"
            }
            let isOn = environment[variable].flatMap(GoText.boolean)
            return isOn == flag.isOn ? nil : "\(variable) does nothing: \(flag.about)"
        }
    }
}
