public import SystemPackage

/// Where the files of a context come from. Nothing was looked at.
public enum ContextSource: Hashable, Sendable {
    /// A folder, or a tar archive. Absolute, as written: `#:FOLDER` behind an archive and `#REFERENCE:FOLDER` behind a
    /// repository are part of it, unless there is a file of the whole name.
    case path(FilePath)
    /// A tar archive on standard input, and the folder in it that is meant.
    case standardInput(subfolder: String?)
    /// A tree of a git repository, as BuildKit or kaniko write it; not parsed. It may hold a password.
    case git(String)
    /// A tar archive at a URL, and the folder in it that is meant. The URL may hold a password.
    case archive(url: String, subfolder: String?)
}

/// Where a Dockerfile is.
public enum DockerfilePlace: Hashable, Sendable {
    /// Below the context: a normalised relative path, which may begin with `..`.
    case context(FilePath)
    /// Absolute: in the folder of a manifest's file.
    case folder(FilePath)
}
