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

    func clean(_ parent: OpenFile, _ name: FileName) throws(SystemError) {
        let folder = try parent.open(name, [.read, .directory, .noFollow])
        for entry in try folder.entries() {
            let isNote = name == ".git" && Self.notes.contains(entry.name)
            if isNote || entry.name == ".git" && !keepsGitFolder {
                try folder.removeTree(entry.name)
                continue
            }
            switch try folder.status(of: entry.name).kind {
            case .directory: try clean(folder, entry.name)
            case .regular:
                let file = try folder.open(entry.name, [.read, .noFollow])
                try file.setPermissions(file.status().permissions & 0o100 != 0 ? 0o755 : 0o644)
            default: break
            }
            if let time { try folder.setTimes(of: entry.name, modified: FileTime(seconds: time)) }
        }
        try folder.setPermissions(0o755)
        if let time { try folder.setTimes(modified: FileTime(seconds: time)) }
    }
}
