import OCI

/// What the text of a named context means; nothing was looked at.
enum ContextText: Hashable {
    /// A path, as it is written.
    case folder(String)
    case image(String)
    case dockerImage(ImageReference)
    /// `docker-image://scratch`
    case scratch
    /// The folder as it is written, and `TAG`, `@DIGEST` or both.
    case layout(folder: String, reference: String?)
    case git(String)
    case archive(url: String)

    init(_ text: String) throws(ContextFault) {
        if text.isEmpty { throw ContextFault("the text is empty") }
        if let name = text.rest(after: "image:") {
            if name.isEmpty { throw ContextFault("there is no name after image:") }
            self = .image(name)
        } else if let reference = text.rest(after: "docker-image://") {
            self = try Self.dockerImage(reference)
        } else if let layout = text.rest(after: "oci-layout://") {
            self = try Self.layout(layout)
        } else if Self.isGit(text) {
            self = .git(text)
        } else if text.hasPrefix("https://") || text.hasPrefix("http://") {
            self = .archive(url: text)
        } else if let kind = Self.unservedSource(text) {
            throw ContextFault("contexts from \(kind) are reserved: not served by this version")
        } else {
            self = .folder(text)
        }
    }

    /// `git@host:path`, `git://`, `ssh://`, `file://`, and `http(s)://` with a path that ends in `.git`.
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

    /// Where a context comes from, when that is no folder.
    static func unservedSource(_ text: String) -> String? {
        if text == "-" { return "standard input" }
        if text.hasPrefix("git@") || text.hasPrefix("git://") || text.hasPrefix("ssh://") { return "git" }
        if let scheme = text.firstRange(of: "://") {
            let isGit = text.contains(".git")
            return isGit ? "git" : "\(text[..<scheme.lowerBound])://"
        }
        let archives = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".tar.bz2"]
        return archives.contains { text.hasSuffix($0) } ? "archives" : nil
    }
}

/// Why a text is no named context. The text itself, which may hold a password, is not in it.
struct ContextFault: Error, Equatable {
    let message: String

    init(_ message: String) { self.message = message }
}

extension String {
    fileprivate func rest(after prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
