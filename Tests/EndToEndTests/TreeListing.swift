import Foundation

/// A folder as lines that two builders' results can be compared by: type, mode, owner, size, link target, content,
/// hard links and extended attributes; not times. Short content is shown, of longer there is a digest.
enum TreeListing {
    private static let script = """
        import hashlib, os, stat, sys
        root = os.fsencode(sys.argv[1])
        first = {}
        rows = []
        for folder, names, files in os.walk(root):
            for name in sorted(names + files):
                path = os.path.join(folder, name)
                shown = os.path.relpath(path, root)
                info = os.lstat(path)
                kind = stat.filemode(info.st_mode)
                row = [repr(shown)[1:], kind, f"{info.st_uid}:{info.st_gid}"]
                if stat.S_ISLNK(info.st_mode):
                    row.append("-> " + repr(os.readlink(path))[1:])
                if stat.S_ISREG(info.st_mode):
                    content = open(path, "rb").read()
                    short = len(content) <= 200
                    row.append(repr(content)[1:] if short else hashlib.sha256(content).hexdigest()[:16])
                if stat.S_ISCHR(info.st_mode) or stat.S_ISBLK(info.st_mode):
                    row.append(f"{os.major(info.st_rdev)},{os.minor(info.st_rdev)}")
                if info.st_nlink > 1 and not stat.S_ISDIR(info.st_mode):
                    first.setdefault((info.st_dev, info.st_ino), []).append(repr(shown)[1:])
                for attribute in sorted(os.listxattr(path, follow_symlinks=False)):
                    if attribute == "security.selinux":
                        continue
                    row.append(f"{attribute}={os.getxattr(path, attribute, follow_symlinks=False).hex()}")
                rows.append(" ".join(row))
        rows += ["linked " + " ".join(sorted(group)) for group in first.values() if len(group) > 1]
        print("\\n".join(sorted(rows)))
        """

    static func of(_ folder: String, in workspace: Workspace) throws -> [String] {
        try workspace.run("python3", "-c", script, folder).lines
    }
}
