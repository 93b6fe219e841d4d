/// The `created_by` texts of an image's history, as BuildKit writes them.
public enum HistoryText {
    /// What BuildKit puts into `comment`.
    public static let comment = "buildkit.dockerfile.v0"

    /// `arguments` is the whole vector with the shell; `declared` are the ARGs so far with their values now.
    public static func run(_ arguments: [String], declared: [(name: String, value: String?)]) -> String {
        let values = declared.map { "\($0.name)=\($0.value ?? "")" }
        let prefix = values.isEmpty ? [] : ["|\(values.count)"] + values
        return (["RUN"] + prefix + arguments).joined(separator: " ") + " # buildkit"
    }

    /// Takes an expanded instruction.
    public static func copy(_ copy: CopyInstruction) -> String {
        transfer(
            copy.keepsParents ? ["COPY", "--parents"] : ["COPY"], copy.sources, copy.heredocs, copy.destination,
            owner: copy.owner, mode: copy.mode)
    }

    /// Takes an expanded instruction.
    public static func add(_ add: AddInstruction) -> String {
        transfer(["ADD"], add.sources, add.heredocs, add.destination, owner: add.owner, mode: add.mode)
    }

    private static func transfer(
        _ head: [String], _ sources: [String], _ heredocs: [Heredoc], _ destination: String, owner: String?,
        mode: String?
    ) -> String {
        let flags = [owner.map { "--chown=\($0)" }, mode.map { "--chmod=\($0)" }].compactMap(\.self)
        let documents = heredocs.map { "<<\($0.name)" }
        return (head + flags + sources + documents + [destination]).joined(separator: " ") + " # buildkit"
    }

    public static func env(_ pairs: [KeyValue]) -> String { keyValues("ENV", pairs) }

    public static func label(_ pairs: [KeyValue]) -> String { keyValues("LABEL", pairs) }

    private static func keyValues(_ keyword: String, _ pairs: [KeyValue]) -> String {
        ([keyword] + pairs.map { "\($0.key)=\($0.value)" }).joined(separator: " ")
    }

    /// With the values that the names got; nil is unset.
    public static func arg(_ arguments: [(name: String, value: String?)]) -> String {
        let words = arguments.map { $0.name + ($0.value.map { "=\($0)" } ?? "") }
        return (["ARG"] + words).joined(separator: " ")
    }

    /// Takes the absolute path that is in force afterwards.
    public static func workdir(_ path: String) -> String { "WORKDIR \(path)" }

    public static func user(_ user: String) -> String { "USER \(user)" }

    /// The vector that the config gets.
    public static func cmd(_ arguments: [String]) -> String { "CMD \(quotedList(arguments))" }

    /// The vector that the config gets.
    public static func entrypoint(_ arguments: [String]) -> String { "ENTRYPOINT \(quotedList(arguments))" }

    public static func shell(_ arguments: [String]) -> String { "SHELL \(list(arguments))" }

    public static func expose(_ ports: [ExposedPort]) -> String { "EXPOSE \(list(ports.map(\.description)))" }

    public static func volume(_ paths: [String]) -> String { "VOLUME \(list(paths))" }

    public static func stopSignal(_ signal: String) -> String { "STOPSIGNAL \(signal)" }

    public static func maintainer(_ name: String) -> String { "MAINTAINER \(name)" }

    public static func healthcheck(_ check: HealthCheck) -> String {
        "HEALTHCHECK {Test:\(list(check.test)) Interval:\(check.interval) Timeout:\(check.timeout) "
            + "StartPeriod:\(check.startPeriod) StartInterval:\(check.startInterval) Retries:\(check.retries)}"
    }

    private static func list(_ words: [String]) -> String { "[" + words.joined(separator: " ") + "]" }

    private static func quotedList(_ words: [String]) -> String { list(words.map(\.quoted)) }
}
