/// What `executor login` is told.
public struct LoginOptions: Sendable {
    public let registry: String
    public let user: String
    /// Nil if it comes on standard input.
    public let password: String?

    public init(_ flags: GivenFlags) throws(KanikoError) {
        guard let registry = flags.arguments.first else { throw .missingValue("executor login: REGISTRY") }
        if flags.arguments.count > 1 { throw .unexpectedArgument(flags.arguments[1], after: nil) }
        self.registry = registry
        user = flags.text("username") ?? ""
        password = flags.boolean("password-stdin") == true ? nil : flags.text("password") ?? ""
    }
}

extension Flag {
    /// What `executor login` takes.
    public static let login: [Flag] = [
        Flag("username", .text, "Name", short: "u"), Flag("password", .text, "Password", short: "p"),
        Flag("password-stdin", .boolean, "The password is on standard input"),
    ]

    /// What `executor push` takes.
    public static let push: [Flag] = executor.filter { flag in
        [
            "destination", "insecure", "skip-tls-verify", "push-retry", "push-ignore-immutable-tag-errors",
            "skip-push-permission-check",
        ]
        .contains(flag.name) || (registries + logging).contains(flag)
    }
}
