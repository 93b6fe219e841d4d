internal import FileSystem
internal import SystemPackage

/// A temporary folder for a command that fetches beside runs, without the run lock: no run sweeps it while the command
/// lives, and any command sweeps it once it is dead.
public final class GuestFolder: Sendable {
    /// The state folder, with a `temporary` of the guest's own.
    public let state: StateFolder
    private let parent: OpenFile
    private let name: FileName
    /// Locked, so that others see that somebody is here.
    private let folder: OpenFile

    /// In a state folder that was prepared. What dead guests left is removed first.
    public init(_ state: StateFolder) throws(StorageError) {
        let parent = try Self.parent(state)
        try Self.sweep(parent)
        (name, folder) = try storing("making a temporary folder") { () throws(SystemError) in
            while true {
                let name = OpenFile.temporaryName("guest")
                try parent.makeDirectory(name, mode: 0o700)
                // Another's sweep may have come between.
                guard let folder = try? parent.open(name, [.read, .directory]), try folder.lock(waiting: false),
                    try parent.statusIfPresent(of: name) != nil
                else { continue }
                return (name, folder)
            }
        }
        self.parent = parent
        self.state = StateFolder(state.root, temporary: state.guests.appending(name.description))
    }

    deinit {
        do throws(SystemError) {
            try parent.removeTree(name)
        } catch {
            // The next guest or run removes it.
            _ = error
        }
    }

    /// Removes what dead guests left.
    public static func sweep(_ state: StateFolder) throws(StorageError) { try sweep(parent(state)) }

    private static func parent(_ state: StateFolder) throws(StorageError) -> OpenFile {
        try storing("making \(state.guests)") { () throws(SystemError) in
            try OpenFile.makeFolders(state.guests.string, mode: 0o700)
        }
    }

    private static func sweep(_ parent: OpenFile) throws(StorageError) {
        try storing("sweeping temporary folders") { () throws(SystemError) in
            for entry in try parent.entries() {
                do throws(SystemError) {
                    let folder = try parent.open(entry.name, [.read, .directory, .noFollow])
                    defer { withExtendedLifetime(folder) {} }
                    guard try folder.lock(waiting: false) else { continue }
                    try parent.removeTree(entry.name)
                } catch {
                    guard error.isNotFound else { throw error }
                }
            }
        }
    }
}
