extension RegistryError {
    /// Why a registry will never do what it was asked for, where its answer tells, whatever the status it chose.
    enum Refusal: Hashable, Sendable {
        case immutableTag, quota, missingRepository, rateLimit, tooLarge

        /// Whether trying again cannot help.
        var isFinal: Bool { self != .rateLimit }

        var hint: String {
            switch self {
            case .immutableTag: "the registry does not let this tag be moved: it needs another tag"
            case .quota: "the registry's quota is used up: delete images there, or raise it"
            case .missingRepository: "this registry wants repositories to be created before the first push"
            case .rateLimit: "the registry limits pulls: credentials for it, or a mirror, help"
            case .tooLarge: "the registry, or a proxy before it, limits the size of a request"
            }
        }
    }

    /// Codes and texts of Amazon ECR, Harbor, Google Artifact Registry, Quay, GitLab, Docker Hub, Nexus.
    private static let signs: [(refusal: Refusal, texts: [String])] = [
        (
            .immutableTag,
            [
                "immutable", "imagetagalreadyexists", "does not allow updating assets", "cannot be overwritten",
                "tag immutability", "tag_locked",
            ]
        ),
        (.quota, ["quota", "will exceed the configured upper limit", "storage limit", "insufficient storage"]),
        (
            .missingRepository,
            [
                "repository does not exist", "does not exist in the registry", "repositorynotfound",
                "repository not found",
            ]
        ),
        (.rateLimit, ["toomanyrequests", "pull rate limit"]),
    ]

    /// Whether the registry does not let a tag be moved.
    public var isImmutableTag: Bool {
        if case .gaveUp(_, let last) = self { return last.isImmutableTag }
        return refusal == .immutableTag
    }

    /// Nil for an error without such a sign.
    var refusal: Refusal? {
        guard case .status(let operation, _, let status, let errors, _) = self else { return nil }
        let text = errors.map { "\($0.code) \($0.message)" }.joined(separator: " ").lowercased()
        let found = Self.signs.first { sign in sign.texts.contains { text.contains($0) } }?.refusal
        switch found {
        case .rateLimit: return status == 429 ? .rateLimit : nil
        case .missingRepository: return operation.hasPrefix("push") ? found : nil
        case nil: return status == 413 ? .tooLarge : status == 507 ? .quota : nil
        default: return found
        }
    }
}
