internal import Programs

/// What a reference of a remote is at this moment.
struct GitResolution: Hashable {
    /// Whole; nil for what only the history can tell, as the beginning of a commit.
    var commit: String?
    /// What an annotated tag is itself.
    var tag: String?
    /// `refs/…`; nil when the commit itself is fetched.
    var name: String?
}

extension GitProgram {
    /// Asks the remote, unless the reference is a whole commit. Throws `noSuchReference`.
    func resolve(_ reference: GitReference) async throws -> GitResolution {
        switch reference {
        case .commit(let commit): return GitResolution(commit: commit)
        case .head:
            let found = try await advertised(["HEAD"])
            guard let commit = found["HEAD"] else { throw ContextsError.noSuchReference("HEAD", remote: remote.shown) }
            return GitResolution(commit: commit, name: "HEAD")
        case .name(let name): return try await resolve(name)
        }
    }

    /// A branch goes before a tag of the same name, as in BuildKit and in git itself.
    private func resolve(_ name: String) async throws -> GitResolution {
        let names =
            name.hasPrefix("refs/") ? [name] : ["refs/heads/\(name)", "refs/tags/\(name)", "refs/\(name)"]
        let found = try await advertised(names.flatMap { [$0, "\($0)^{}"] })
        for name in names {
            guard let object = found[name] else { continue }
            let commit = found["\(name)^{}"]
            return GitResolution(commit: commit ?? object, tag: commit == nil ? nil : object, name: name)
        }
        guard GitReference.isHexadecimal(name, 4...63) else {
            throw ContextsError.noSuchReference(name, remote: remote.shown, similar: try await similar(to: name))
        }
        return GitResolution()
    }

    /// Branches and tags with nearly this name, the nearest first.
    private func similar(to name: String) async throws -> [String] {
        let result = try await run(["ls-remote", "--heads", "--tags", "--", remote.address], in: "/")
        let prefixes = ["refs/heads/", "refs/tags/"]
        let wanted = prefixes.first { name.hasPrefix($0) }.map { name.dropFirst($0.count) } ?? name[...]
        let names = result.text.split(separator: "\n").compactMap { line -> Substring? in
            guard let full = line.split(separator: "\t").last, !full.hasSuffix("^{}"),
                let prefix = prefixes.first(where: { full.hasPrefix($0) })
            else { return nil }
            return full.dropFirst(prefix.count)
        }
        return Array(NameDistance.nearest(to: wanted, among: names.prefix(2000)).prefix(3))
    }

    /// Objects by reference.
    private func advertised(_ names: [String]) async throws -> [String: String] {
        let text = try await checked(
            ["ls-remote", "--", remote.address] + names, in: "/", doing: "looking into", timeout: .seconds(120))
        var found: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: "\t", maxSplits: 1)
            guard words.count == 2, names.contains(String(words[1])) else { continue }
            found[String(words[1])] = String(words[0])
        }
        return found
    }
}
