/// `--context`, `--bucket` and `--context-sub-path`, as a batch manifest writes contexts.
struct ContextForm {
    private enum Place {
        /// Absolute.
        case folder(String)
        case archive(String)
        case git(String)
    }

    private let place: Place
    /// Without slashes at its ends; nil for the whole.
    private let subfolder: String?

    init(_ flags: GivenFlags, _ surroundings: Surroundings) {
        let subfolder = flags.text("context-sub-path").map(Self.trimmed)
        self.subfolder = subfolder?.isEmpty == true ? nil : subfolder
        place = Self.place(Self.text(flags), surroundings)
    }

    /// A bucket goes before a context that names no scheme.
    private static func text(_ flags: GivenFlags) -> String {
        let context = flags.text("context")
        guard let bucket = flags.text("bucket"), context?.contains("://") != true else {
            return context ?? "/workspace/"
        }
        return bucket.contains("://") ? bucket : "gs://\(bucket)"
    }

    private static func place(_ text: String, _ surroundings: Surroundings) -> Place {
        if text == "tar://stdin" || text == "-" { return .archive("tar://stdin") }
        if text.hasPrefix("tar://") { return .archive("tar://" + surroundings.absolute(String(text.dropFirst(6)))) }
        if text.hasPrefix("dir://") { return .folder(named(String(text.dropFirst(6)), surroundings)) }
        guard text.contains("://") else {
            return isLogin(text) ? .git(text) : .folder(folder(text, surroundings))
        }
        if ["git://", "ssh://", "file://"].contains(where: text.hasPrefix) { return .git(text) }
        let isGit = text.prefix { $0 != "#" && $0 != "?" }.hasSuffix(".git")
        return isGit ? .git(text) : .archive(text)
    }

    /// kaniko's own example has `dir://workspace` for `/workspace`.
    private static func named(_ path: String, _ surroundings: Surroundings) -> String {
        let own = folder(path, surroundings)
        return surroundings.exists(own) || !surroundings.exists("/\(path)") ? own : folder("/\(path)", surroundings)
    }

    private static func folder(_ path: String, _ surroundings: Surroundings) -> String {
        var path = surroundings.absolute(path)
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }

    /// `git@host:path`, which kaniko does not take.
    private static func isLogin(_ text: String) -> Bool {
        guard let at = text.firstIndex(of: "@"), let colon = text.firstIndex(of: ":") else { return false }
        return at < colon && !text[..<colon].contains("/")
    }

    private static func trimmed(_ path: String) -> String {
        var parts = path.split(separator: "/").map(String.init)
        parts.removeAll { $0 == "." }
        return parts.joined(separator: "/")
    }

    /// Of a context that is a folder, with the part of it that counts.
    var folder: String? {
        guard case .folder(let path) = place else { return nil }
        return subfolder.map { path == "/" ? "/\($0)" : "\(path)/\($0)" } ?? path
    }

    /// kaniko ignores a part of a bare path; nobody who names one means that.
    func text(_ git: GitOptions) -> String {
        switch place {
        case .folder: "dir://\(folder ?? "/")"
        case .archive(let text): text + (subfolder.map { "#:\($0)" } ?? "")
        case .git(let text): repository(git.applied(to: text))
        }
    }

    private func repository(_ text: String) -> String {
        subfolder.map { text + (text.contains("#") ? ":" : "#:") + $0 } ?? text
    }
}
