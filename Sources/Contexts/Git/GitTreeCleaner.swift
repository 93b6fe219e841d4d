internal import FileSystem

/// Makes a checked out tree independent of the machine: modes without the umask, times if they are wanted, and of git's
/// own files what the content needs.
struct GitTreeCleaner {
    let keepsGitFolder: Bool
    /// For all files, in seconds since 1970.
    let time: Int64?

    /// What git notes of its own work.
    private static let notes: Set<FileName> = [
        "FETCH_HEAD", "ORIG_HEAD", "COMMIT_EDITMSG", "description", "hooks", "branches", "logs",
    ]

    func clean(_ tree: OpenFile) throws(SystemError) {
        try tree.walk(enter: cleanEntries, leave: finish)
    }

    /// The folders that are left.
    private func cleanEntries(of folder: OpenFile) throws(SystemError) -> [FileName] {
        var folders: [FileName] = []
        for entry in try folder.entries() {
            if entry.name == ".git" {
                guard keepsGitFolder else {
                    try folder.removeTree(entry.name)
                    continue
                }
                try removeNotes(in: folder)
            }
            if try clean(entry.name, in: folder) == .directory { folders.append(entry.name) }
        }
        return folders
    }

    private func clean(_ name: FileName, in folder: OpenFile) throws(SystemError) -> FileKind {
        let kind = try folder.status(of: name).kind
        if kind == .regular {
            let file = try folder.open(name, [.read, .noFollow])
            try file.setPermissions(file.status().permissions & 0o100 != 0 ? 0o755 : 0o644)
        }
        if let time { try folder.setTimes(of: name, modified: FileTime(seconds: time)) }
        return kind
    }

    /// `.git` of a submodule is a file.
    private func removeNotes(in folder: OpenFile) throws(SystemError) {
        guard try folder.status(of: ".git").kind == .directory else { return }
        let own = try folder.open(".git", [.read, .directory, .noFollow])
        for note in Self.notes { try own.removeTree(note) }
    }

    private func finish(_ folder: OpenFile) throws(SystemError) {
        try folder.setPermissions(0o755)
        if let time { try folder.setTimes(modified: FileTime(seconds: time)) }
    }
}
