internal import HTTP
internal import OCI

/// What GitLab and GitHub give their jobs for their own registries, and for no others.
///
/// https://docs.gitlab.com/ci/variables/predefined_variables/,
/// https://docs.github.com/en/actions/reference/workflows-and-actions/variables
struct JobCredentials: CredentialPlace {
    /// A variable that names a registry, and those that hold the user (or a user's name) and the password.
    private struct Row {
        let registry: String
        let user: String
        let password: String
        var fixedUser = false
    }

    private static let rows = [
        Row(registry: "CI_REGISTRY", user: "CI_REGISTRY_USER", password: "CI_REGISTRY_PASSWORD"),
        Row(registry: "CI_REGISTRY", user: "CI_DEPLOY_USER", password: "CI_DEPLOY_PASSWORD"),
        Row(registry: "CI_REGISTRY", user: "gitlab-ci-token", password: "CI_JOB_TOKEN", fixedUser: true),
        Row(
            registry: "CI_DEPENDENCY_PROXY_SERVER", user: "CI_DEPENDENCY_PROXY_USER",
            password: "CI_DEPENDENCY_PROXY_PASSWORD"),
    ]

    private let environment: [String: String]

    init(environment: [String: String]) { self.environment = environment.filter { !$0.value.isEmpty } }

    func find(registry: String, repository: String) -> FoundCredentials? {
        for row in Self.rows where environment[row.registry].map(Self.host) == registry {
            if let user = row.fixedUser ? row.user : environment[row.user], let password = environment[row.password] {
                return FoundCredentials(.basic(user: user, password: Secret(password)))
            }
        }
        guard registry == "ghcr.io", environment["GITHUB_ACTIONS"] == "true", let token = environment["GITHUB_TOKEN"]
        else { return nil }
        return FoundCredentials(.basic(user: environment["GITHUB_ACTOR"] ?? "x-access-token", password: Secret(token)))
    }

    func searched(for registry: String) -> [String] {
        if registry == "ghcr.io", environment["GITHUB_ACTIONS"] == "true" { return ["GITHUB_TOKEN"] }
        guard environment["CI_REGISTRY"].map(Self.host) == registry else { return [] }
        return ["CI_REGISTRY_PASSWORD", "CI_JOB_TOKEN"]
    }

    /// As references write it: without scheme, path and HTTPS's own port.
    private static func host(_ text: String) -> String {
        var host = text.lowercased()[...]
        if let scheme = host.firstRange(of: "://") { host = host[scheme.upperBound...] }
        host = host.prefix { $0 != "/" }
        if host.hasSuffix(":443") { host = host.dropLast(4) }
        return String(host)
    }
}
