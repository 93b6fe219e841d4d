internal import HTTP
internal import Programs

/// The git of this machine, as it is run for one remote: without the user's and the system's configuration, hooks,
/// filters and questions.
struct GitProgram {
    let remote: GitRemote
    private let environment: [String: String]
    /// Of HTTPS.
    private let skipsTLS: Bool
    private let user: [(key: String, value: String)]
    private let trust: [(key: String, value: String)]

    /// Asks git for what it may take from the user's own configuration. Without `isOfManifest`, nothing of it says who the
    /// user is.
    init(
        _ remote: GitRemote, isOfManifest: Bool, environment: [String: String], skipsTLS: Bool = false
    ) async throws {
        self.remote = remote
        self.skipsTLS = skipsTLS
        let plain = environment.filter { GitEnvironment.isPlain($0.key) }
        let settings = try await Self.userConfiguration(plain)
        user = isOfManifest ? settings : settings.filter { !Self.isIdentity($0.key) }
        trust = GitEnvironment.trust(environment)
        var own = plain
        if user.contains(where: { $0.key.hasPrefix("credential.") && $0.key.hasSuffix(".helper") }) {
            own = environment.filter { !GitEnvironment.isWithheld($0.key) }
        }
        let hasCommand = user.contains { $0.key == "core.sshcommand" }
        // There libcurl looks for .netrc; ssh asks the system where the user's home is.
        if !isOfManifest, remote.address.hasPrefix("http") || !hasCommand { own["HOME"] = "/dev/null" }
        self.environment = own
    }

    /// Whether a setting of the user makes servers take us for him.
    private static func isIdentity(_ key: String) -> Bool {
        let name = key.split(separator: ".").last ?? ""
        return key.hasPrefix("credential.")
            || ["extraheader", "cookiefile", "savecookies", "sslcert", "sslkey", "delegation", "emptyauth"].contains(
                name)
    }

    /// Runs a command of git in a folder; how it ended is no error. Nothing in `arguments` is secret.
    func run(
        _ arguments: [String], in folder: String, allowsLocal: Bool = true, timeout: Duration = .seconds(1200)
    ) async throws -> ProgramResult {
        var program = HostProgram(
            ["git"] + arguments, environment: variables(allowsLocal: allowsLocal && remote.isLocal))
        program.folder = folder
        program.timeout = timeout
        program.outputLimit = 16 << 20
        return try await Self.running(program)
    }

    /// Runs a command and takes its output; throws `ContextsError.git` when it fails.
    @discardableResult
    func checked(
        _ arguments: [String], in folder: String, doing: String, allowsLocal: Bool = true,
        timeout: Duration = .seconds(1200)
    ) async throws -> String {
        let result = try await run(arguments, in: folder, allowsLocal: allowsLocal, timeout: timeout)
        guard result.status == 0 else { throw failure(result, doing: doing) }
        return result.text
    }

    func failure(_ result: ProgramResult, doing: String) -> ContextsError {
        let message = GitMessage(result.errorOutput)
        return .git(doing: doing, remote: remote.shown, message: message.text, isTemporary: message.isTemporary)
    }

    // MARK: Environment

    private func variables(allowsLocal: Bool) -> [String: String] {
        var variables = environment
        variables["LC_ALL"] = "C"
        variables["GIT_TERMINAL_PROMPT"] = "0"
        variables["GIT_CONFIG_NOSYSTEM"] = "1"
        variables["GIT_CONFIG_GLOBAL"] = "/dev/null"
        variables["GIT_ATTR_NOSYSTEM"] = "1"
        variables["GIT_OPTIONAL_LOCKS"] = "0"
        if !user.contains(where: { $0.key == "core.sshcommand" }) {
            variables["GIT_SSH_COMMAND"] = "ssh -a -x -o BatchMode=yes -o ConnectTimeout=20 -o ClearAllForwardings=yes"
        }
        var settings = Self.settings + user + trust + [("protocol.file.allow", allowsLocal ? "always" : "never")]
        if skipsTLS { settings.append(("http.sslVerify", "false")) }
        if let credentials = remote.credentials { settings += Self.settings(of: credentials, &variables) }
        variables["GIT_CONFIG_COUNT"] = String(settings.count)
        for (number, setting) in settings.enumerated() {
            variables["GIT_CONFIG_KEY_\(number)"] = setting.key
            variables["GIT_CONFIG_VALUE_\(number)"] = setting.value
        }
        return variables
    }

    private static let settings: [(key: String, value: String)] = [
        ("http.lowSpeedLimit", "1"), ("http.lowSpeedTime", "60"), ("protocol.allow", "never"),
        ("protocol.https.allow", "always"), ("protocol.http.allow", "always"), ("protocol.ssh.allow", "always"),
        ("protocol.git.allow", "always"), ("core.hooksPath", "/dev/null"), ("core.fsmonitor", "false"),
        ("core.attributesFile", "/dev/null"), ("core.excludesFile", "/dev/null"), ("core.askPass", ""),
        ("core.autocrlf", "false"), ("core.symlinks", "true"), ("core.fileMode", "true"),
        ("core.logAllRefUpdates", "false"), ("init.templateDir", ""), ("init.defaultBranch", "main"),
        ("gc.auto", "0"), ("maintenance.auto", "false"), ("fetch.recurseSubmodules", "false"),
        ("submodule.recurse", "false"), ("advice.detachedHead", "false"), ("log.showSignature", "false"),
        ("safe.directory", "*"),
        // For where git has no scripts: the own image. A command of this name comes first.
        ("alias.submodule", "submodule--helper"),
    ]

    /// A helper that answers from the environment: arguments are for all to see.
    private static func settings(
        of credentials: GitRemote.Credentials, _ variables: inout [String: String]
    ) -> [(key: String, value: String)] {
        let section = "credential.\(credentials.origin)"
        guard let password = credentials.password else { return [("\(section).username", credentials.user)] }
        variables["BUILD_ALL_GIT_USER"] = credentials.user
        variables["BUILD_ALL_GIT_PASSWORD"] = password.revealed
        let answer = #"printf 'username=%s\npassword=%s\n' "$BUILD_ALL_GIT_USER" "$BUILD_ALL_GIT_PASSWORD""#
        return [("\(section).helper", ""), ("\(section).helper", "!f() { test \"$1\" = get && \(answer); }; f")]
    }

    /// How the user is known to servers, and how those are reached.
    private static func userConfiguration(_ environment: [String: String]) async throws -> [(
        key: String, value: String
    )] {
        let pattern = #"^(credential|http)\.|^core\.sshcommand$"#
        var program = HostProgram(
            ["git", "config", "--global", "--includes", "--null", "--get-regexp", pattern], environment: environment)
        program.folder = "/"
        program.timeout = .seconds(60)
        let result = try await running(program)
        // 1: there is none.
        guard result.status == 0 else { return [] }
        return result.output.split(separator: 0).map { entry in
            let parts = entry.split(separator: 10, maxSplits: 1, omittingEmptySubsequences: false)
            let texts = parts.map { String(decoding: $0, as: UTF8.self) }
            return (texts[0], texts.count > 1 ? texts[1] : "true")
        }
    }

    private static func running(_ program: HostProgram) async throws -> ProgramResult {
        do {
            return try await program.run()
        } catch let error as ProgramError {
            throw ContextsError.program(reason: "\(error)")
        }
    }
}

/// What git wrote on its standard error, for users.
struct GitMessage {
    let text: String
    let isTemporary: Bool

    private static let passing = [
        "could not resolve host", "temporary failure in name resolution", "connection refused", "connection reset",
        "connection timed out", "connection closed", "operation timed out", "operation too slow",
        "network is unreachable",
        "no route to host", "failed to connect", "couldn't connect", "empty reply", "early eof",
        "unexpected disconnect",
        "hung up unexpectedly", "rpc failed", "transfer closed", "returned error: 5", "returned error: 429",
        "returned error: 408", "unable to connect to",
    ]
    private static let staying = ["permission denied", "access denied", "not exported", "host key verification failed"]

    init(_ errorOutput: String) {
        let lines = errorOutput.split { $0.isNewline }.map(Self.clean).filter { !$0.isEmpty }
        text = lines.isEmpty ? "it failed without a word" : lines.suffix(4).joined(separator: "; ")
        let lower = text.lowercased()
        isTemporary = Self.passing.contains { lower.contains($0) } && !Self.staying.contains { lower.contains($0) }
    }

    /// Without control characters, `fatal:` and what stands before an `@` in a URL; cut.
    private static func clean(_ line: Substring) -> String {
        var text = String(
            String.UnicodeScalarView(line.unicodeScalars.filter { $0.properties.generalCategory != .control }))
        for prefix in ["fatal: ", "error: "] where text.hasPrefix(prefix) { text.removeFirst(prefix.count) }
        let words = text.prefix(300).split(separator: " ").map { word in
            word.contains("://") && word.contains("@") ? Redaction.url(String(word)) : String(word)
        }
        return words.joined(separator: " ")
    }
}
