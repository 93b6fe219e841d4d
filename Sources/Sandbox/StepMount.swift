public import SystemPackage

/// Something that a step sees at a path of its file system and that is no part of its layer.
///
/// Nothing of it reaches the step's upper directory: mount points that the image lacks, and the directories above them,
/// are there while the step runs and never on disk. Devices and set-user-id programs on it have no effect.
public struct StepMount: Equatable, Sendable {
    /// Absolute, inside the image. Symbolic links on the way and at its end are followed inside the image.
    public var target: String
    public var kind: Kind

    public enum Kind: Equatable, Sendable {
        /// Unpacked layers, nearest first, or one plain directory: `path` inside them, a directory or a file; links are
        /// followed inside that root, and "" is the root. Without `scratch` it is read-only.
        case layers([FilePath], path: String = "", scratch: Scratch? = nil)
        /// The directory itself, or `path` inside it. Several steps may have it at once.
        case folder(FilePath, isReadOnly: Bool = false, path: String = "")
        /// An empty file system in memory. It has the mode of the directory that it covers, else 1777; its size is half
        /// of the machine's memory at most.
        case memory(sizeInBytes: Int64? = nil)
        /// A read-only file that exists in unswappable memory only. `content` is read from its start; it stays the
        /// caller's.
        case file(content: CInt, mode: UInt16, uid: UInt32, gid: UInt32)
        /// A UNIX socket that somebody outside listens on. It gets that mode and that owner of the image.
        case socket(FilePath, mode: UInt16, uid: UInt32, gid: UInt32)
    }

    /// Takes what a step writes over layers: two empty directories on one file system, below the state folder, as the
    /// layers are. They are the caller's to remove.
    public struct Scratch: Equatable, Sendable {
        public var upper: FilePath
        public var work: FilePath

        public init(upper: FilePath, work: FilePath) {
            self.upper = upper
            self.work = work
        }
    }

    public init(target: String, kind: Kind) {
        self.target = target
        self.kind = kind
    }
}
