extension GitSource {
    /// Names that may stand alone, which means true.
    private static let flags: Set<String> = ["keep-git-dir", "submodules", "fetch-by-commit"]

    mutating func take(query: String) throws(GitSourceError) {
        guard let pairs = URLParts.pairs(ofQuery: query) else { throw .invalidQuery(query) }
        var values: [String: String] = [:]
        for (name, value) in pairs {
            guard values.updateValue(value, forKey: name) == nil else { throw .severalValues(name) }
            if value.isEmpty, !Self.flags.contains(name) { throw .noValue(name) }
            try take(name, value)
        }
        try takeReference(named: "tag", values["tag"], prefix: "refs/tags/")
        if values["tag"] != nil, values["branch"] != nil { throw .branchAndTag }
        try takeReference(named: "branch", values["branch"], prefix: "refs/heads/")
        if reference == nil { reference = commit }
    }

    private mutating func take(_ name: String, _ value: String) throws(GitSourceError) {
        switch name {
        case "ref": try setReference(value)
        case "tag", "branch": break
        case "subdir":
            if let subfolder, subfolder != value { throw .conflict(name: "subdir", subfolder, value) }
            subfolder = value
        case "checksum", "commit":
            if let commit, commit != value { throw .conflict(name: "commit", commit, value) }
            commit = value
        case "keep-git-dir": keepsGitFolder = try Self.boolean(name, value)
        case "submodules": fetchesSubmodules = try Self.boolean(name, value)
        case "fetch-by-commit": fetchesByCommit = try Self.boolean(name, value)
        case "mtime":
            guard ["checkout", "commit"].contains(value) else { throw .invalidValue(name: name, value: value) }
            usesCommitTime = value == "commit"
        default: throw .unexpected(name)
        }
    }

    private static func boolean(_ name: String, _ value: String) throws(GitSourceError) -> Bool {
        if value.isEmpty { return true }
        guard let boolean = GoBoolean.parse(value) else { throw .invalidValue(name: name, value: value) }
        return boolean
    }

    private mutating func takeReference(
        named name: String, _ value: String?, prefix: String
    ) throws(GitSourceError) {
        guard let value else { return }
        try setReference(value.hasPrefix(prefix) ? value : prefix + value)
    }

    /// No reference begins with a dash; to git it would be an option.
    mutating func setReference(_ value: String) throws(GitSourceError) {
        guard value.utf8.first != UInt8(ascii: "-") else { throw .invalidValue(name: "ref", value: value) }
        if let reference, reference != value { throw .conflict(name: "ref", reference, value) }
        reference = value
    }
}
