/// What of our environment git and the programs that it starts get.
///
/// What decides where git looks, what it runs and whom it trusts is said by its settings, and nowhere else.
enum GitEnvironment {
    private static let plain: Set<String> = [
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR", "SSH_AUTH_SOCK", "SSH_AGENT_PID",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "LD_LIBRARY_PATH",
    ]
    private static let withheld: Set<String> = [
        "CI_DEPLOY_PASSWORD", "CI_DEPENDENCY_PROXY_PASSWORD", "CI_JOB_TOKEN", "AZURE_CLIENT_SECRET", "IDENTITY_HEADER",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_RUNTIME_TOKEN",
    ]

    /// Which authorities git trusts, as its settings: those of git's own variables, else what all programs are told.
    static func trust(_ environment: [String: String]) -> [(key: String, value: String)] {
        let names = [
            ("http.sslCAInfo", ["GIT_SSL_CAINFO", "SSL_CERT_FILE"]),
            ("http.sslCAPath", ["GIT_SSL_CAPATH", "SSL_CERT_DIR"]),
        ]
        return names.compactMap { key, variables in
            variables.compactMap { environment[$0] }.first { !$0.isEmpty }.map { (key, $0) }
        }
    }

    /// Whether git needs it to run.
    static func isPlain(_ name: String) -> Bool {
        plain.contains(name) || ["LC_", "XDG_", "KRB5"].contains(where: name.hasPrefix)
            || ["_proxy", "_PROXY"].contains(where: name.hasSuffix)
    }

    /// Whether not even a credential helper of the user, which may need whatever he has, gets it: git's own, and what is
    /// for us alone.
    static func isWithheld(_ name: String) -> Bool {
        withheld.contains(name) || ["GIT_", "SSH_ASKPASS", "BUILD_ALL_", "CI_JOB_JWT"].contains(where: name.hasPrefix)
    }
}
