/// The instructions of a Dockerfile.
public enum Keyword: String, CaseIterable, Sendable {
    case add = "ADD"
    case arg = "ARG"
    case cmd = "CMD"
    case copy = "COPY"
    case entrypoint = "ENTRYPOINT"
    case env = "ENV"
    case expose = "EXPOSE"
    case from = "FROM"
    case healthcheck = "HEALTHCHECK"
    case label = "LABEL"
    case maintainer = "MAINTAINER"
    case onbuild = "ONBUILD"
    case run = "RUN"
    case shell = "SHELL"
    case stopsignal = "STOPSIGNAL"
    case user = "USER"
    case volume = "VOLUME"
    case workdir = "WORKDIR"

    /// As it is typed in a Dockerfile, in any case.
    init(typed word: String) throws(DockerfileFault) {
        guard let keyword = Keyword(rawValue: word.uppercased()) else {
            throw .unknownInstruction(word, suggestion: Self.suggestion(for: word))
        }
        self = keyword
    }

    /// The nearest keyword, in the case that was typed.
    private static func suggestion(for word: String) -> String? {
        let isLower = word == word.lowercased()
        guard let name = Suggestion.nearest(to: word.uppercased(), in: allCases.map(\.rawValue)) else { return nil }
        return isLower ? name.lowercased() : name
    }

    /// Whether an instruction may have a heredoc.
    var takesHeredocs: Bool { self == .run || self == .copy || self == .add }
}
