internal import DockerfileFrontend
internal import FileSystem

/// What COPY and ADD give to what they write.
struct CopyAttributes {
    /// From `--chown`; nil leaves owners as they come.
    var owner: Owner?
    /// From `--chmod`; nil leaves modes as they come.
    var mode: FileMode?
    /// Of directories that are made because they are missing, and of heredocs: a fixed time, so that building again gives
    /// the same layer. SOURCE_DATE_EPOCH, without one the year 1970.
    var madeTime = FileTime(seconds: 0)

    /// Mode of a directory that is made because it is missing.
    var parentMode: UInt16 { mode?.parentDirectoryMode ?? 0o755 }
    var parentOwner: Owner { owner ?? .root }
}
