/// What `--help` prints.
public enum HelpText {
    public static let executor =
        """
        Builds an image as kaniko's executor does, with its flags and variables.

        Usage:
          executor [flags]
          executor push FOLDER --destination NAME   pushes the image of --oci-layout-path
          executor login REGISTRY -u NAME --password-stdin
          executor version


        """ + table(Flag.executor)

    public static let warmer =
        "Fetches base images into a folder, as kaniko's warmer does, with its flags.\n\nUsage:\n  warmer [flags]\n\n"
        + table(Flag.warmer)

    /// Those that work, then the names of those that do nothing.
    private static func table(_ flags: [Flag]) -> String {
        let working = flags.filter { $0.idle == nil && $0.replacedBy == nil }.sorted { $0.name < $1.name }
        let names = working.map { flag in (flag.short.map { "-\($0), " } ?? "    ") + "--\(flag.name)" }
        let width = (names.map(\.count).max() ?? 0) + 3
        let rows = zip(names, working).map { name, flag in
            "  \(name)\(String(repeating: " ", count: width - name.count))\(flag.about)"
        }
        let idle = flags.filter { $0.idle != nil }.map { "--\($0.name)" }.sorted()
        return "Flags:\n" + rows.joined(separator: "\n") + "\n\nAccepted, and without effect here:\n  "
            + idle.joined(separator: " ") + "\n"
    }
}
