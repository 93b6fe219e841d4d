import OCI

/// What the text of a context means; nothing was looked at.
enum ContextText: Hashable {
    /// A path, as it is written.
    case path(String)
    case standardInput(subfolder: String?)
    case image(String)
    case dockerImage(ImageReference)
    /// `docker-image://scratch`
    case scratch
    /// The folder as it is written, and `TAG`, `@DIGEST` or both.
    case layout(folder: String, reference: String?)
    case git(String)
    case archive(url: String, subfolder: String?)

    init(_ text: String) throws(ContextFault) {
        if text.isEmpty { throw ContextFault("the text is empty") }
        if let name = text.rest(after: "image:") {
            if name.isEmpty { throw ContextFault("there is no name after image:") }
            self = .image(name)
        } else if let reference = text.rest(after: "docker-image://") {
            self = try Self.dockerImage(reference)
        } else if let layout = text.rest(after: "oci-layout://") {
            self = try Self.layout(layout)
        } else {
            self = try Self.files(text)
        }
    }

    /// Files: a folder, an archive or a repository.
    private static func files(_ text: String) throws(ContextFault) -> ContextText {
        if let folder = standardInput(text) { return .standardInput(subfolder: folder.isEmpty ? nil : folder) }
        for scheme in ["dir://", "tar://"] {
            guard let path = text.rest(after: scheme) else { continue }
            if path.isEmpty { throw ContextFault("there is no path after \(scheme)") }
            return .path(path)
        }
        if isGit(text) { return .git(text) }
        guard let scheme = text.firstRange(of: "://") else { return .path(text) }
        let name = String(text[..<scheme.lowerBound])
        guard ["https", "http", "s3", "gs"].contains(name) else {
            throw ContextFault(
                "contexts are not read from \(name)://",
                hint: "a folder, a tar archive, a git repository, https://, s3:// or gs://")
        }
        return try archive(text)
    }

    /// The folder, empty for the whole, behind `-` and kaniko's `tar://stdin`.
    private static func standardInput(_ text: String) -> String? {
        for name in ["-", "tar://stdin"] {
            if text == name { return "" }
            if let folder = text.rest(after: "\(name)#:") { return folder }
        }
        return nil
    }

    private static func archive(_ text: String) throws(ContextFault) -> ContextText {
        guard let number = text.firstIndex(of: "#") else { return .archive(url: text, subfolder: nil) }
        let fragment = text[text.index(after: number)...]
        guard fragment.isEmpty || fragment.hasPrefix(":") else {
            throw ContextFault(
                "behind # of an archive stands a folder in it, as #:folder",
                hint: "the address of a git repository ends in .git")
        }
        let folder = fragment.dropFirst()
        return .archive(url: String(text[..<number]), subfolder: folder.isEmpty ? nil : String(folder))
    }

    /// `user@host:path`, `git://`, `ssh://`, `file://`, and `http(s)://` with a path that ends in `.git`.
    private static func isGit(_ text: String) -> Bool {
        if ["git://", "ssh://", "file://"].contains(where: text.hasPrefix) { return true }
        let whole = text.prefix { $0 != "#" && $0 != "?" }
        if text.hasPrefix("https://") || text.hasPrefix("http://") { return whole.hasSuffix(".git") }
        // user@host:path, where neither a slash nor a scheme comes before the colon.
        guard let colon = whole.firstIndex(of: ":"), let at = whole.firstIndex(of: "@") else { return false }
        return at < colon && at != whole.startIndex && !whole[..<colon].contains("/")
    }

    private static func dockerImage(_ text: String) throws(ContextFault) -> ContextText {
        if text == "scratch" { return .scratch }
        do throws(OCIError) {
            return .dockerImage(try ImageReference(text))
        } catch {
            throw ContextFault("\(error)")
        }
    }

    /// `DIR[:TAG][@DIGEST]`
    private static func layout(_ text: String) throws(ContextFault) -> ContextText {
        var folder = text[...]
        var digest = ""
        if let at = folder.lastIndex(of: "@"), !folder[at...].contains("/") {
            guard (try? Digest(String(folder[folder.index(after: at)...]))) != nil else {
                throw ContextFault("\"\(folder[folder.index(after: at)...])\" is no digest")
            }
            digest = String(folder[at...])
            folder = folder[..<at]
        }
        var tag = ""
        if let colon = folder.lastIndex(of: ":"), !folder[colon...].contains("/") {
            tag = String(folder[folder.index(after: colon)...])
            guard !tag.isEmpty else { throw ContextFault("there is no tag after the colon") }
            folder = folder[..<colon]
        }
        guard !folder.isEmpty else { throw ContextFault("there is no folder after oci-layout://") }
        return .layout(folder: String(folder), reference: (tag + digest).isEmpty ? nil : tag + digest)
    }
}

extension ContextText {
    /// The host of a plain `http` URL that is not on this machine: nobody vouches for what it gives.
    static func unencryptedHost(_ text: String) -> String? {
        guard let rest = text.rest(after: "http://") else { return nil }
        let authority = rest.prefix { !["/", "?", "#"].contains($0) }
        let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        let isOwn = host == "localhost" || ["localhost:", "127.", "[::1]"].contains { host.hasPrefix($0) }
        return isOwn ? nil : String(host)
    }
}

/// Why a text is no context. The text itself, which may hold a password, is not in it.
struct ContextFault: Error, Equatable {
    let message: String
    let hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}

extension String {
    fileprivate func rest(after prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
