/// The profiles of AWS's shared files.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
struct AmazonProfiles {
    /// The files that were looked for.
    let files: [String]
    /// The profile that the environment wants.
    let selected: String
    /// Whether the environment names one.
    let isSelected: Bool
    private var profiles: [String: [String: String]] = [:]

    /// Reads both files; what the file of credentials says holds.
    init(_ configuration: CloudConfiguration) throws(CloudError) {
        let (config, credentials) = Self.names(configuration)
        files = Self.files(configuration)
        let name = configuration.variable("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
        selected = name ?? "default"
        isSelected = name != nil
        if let text = try config.flatMap({ path throws(CloudError) in try SettingsFile.text(path) }) {
            add(text, isConfiguration: true)
        }
        if let text = try credentials.flatMap({ path throws(CloudError) in try SettingsFile.text(path) }) {
            add(text, isConfiguration: false)
        }
    }

    private static func names(_ configuration: CloudConfiguration) -> (config: String?, credentials: String?) {
        (
            configuration.variable("AWS_CONFIG_FILE") ?? configuration.home(".aws/config"),
            configuration.variable("AWS_SHARED_CREDENTIALS_FILE") ?? configuration.home(".aws/credentials")
        )
    }

    /// Where they are looked for.
    static func files(_ configuration: CloudConfiguration) -> [String] {
        let (config, credentials) = names(configuration)
        return [credentials, config].compactMap { $0 }
    }

    /// The files with tokens that profiles name.
    var tokenFiles: [String] { profiles.values.compactMap { $0[Self.tokenFile] } }

    static let tokenFile = "web_identity_token_file"

    subscript(name: String) -> [String: String]? { profiles[name] }

    /// `[profile NAME]` in the configuration, `[NAME]` in the credentials. Lines that begin with a blank belong to a
    /// nested setting, of which we have none.
    private mutating func add(_ text: String, isConfiguration: Bool) {
        var section: String?
        for line in text.split(whereSeparator: \.isNewline) {
            guard let first = line.first, !first.isWhitespace, first != "#", first != ";" else { continue }
            if first == "[" {
                section = Self.profile(line.dropFirst().prefix { $0 != "]" }, isConfiguration)
            } else if let section, let equals = line.firstIndex(of: "=") {
                let name = SettingsFile.trimmed(line[..<equals]).lowercased()
                profiles[section, default: [:]][name] = SettingsFile.trimmed(line[line.index(after: equals)...])
            }
        }
    }

    private static func profile(_ header: Substring, _ isConfiguration: Bool) -> String? {
        let words = header.split(separator: " ", maxSplits: 1).map { SettingsFile.trimmed($0) }
        guard isConfiguration else { return SettingsFile.trimmed(header) }
        if words == ["default"] { return "default" }
        guard words.count == 2, words[0] == "profile" else { return nil }
        return words[1].filter { $0 != "\"" }
    }
}
