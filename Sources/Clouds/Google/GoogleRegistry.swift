/// Google's registries.
public enum GoogleRegistry {
    /// The name under which a token is sent as a password.
    public static let tokenUser = "oauth2accesstoken"

    /// `gcr.io`, `REGION.gcr.io`, `REGION-docker.pkg.dev`, and nothing that only looks like them.
    public static func isOne(_ registry: String) -> Bool {
        let labels = registry.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.allSatisfy({ !$0.isEmpty }) else { return false }
        if registry == "gcr.io" { return true }
        guard labels.count == 3 else { return false }
        return registry.hasSuffix(".gcr.io") || (registry.hasSuffix(".pkg.dev") && labels[0].hasSuffix("-docker"))
    }
}
