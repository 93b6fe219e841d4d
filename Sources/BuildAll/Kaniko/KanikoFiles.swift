internal import FileSystem
internal import Kaniko
internal import OCI
internal import SystemPackage

/// Writes what kaniko writes beside the image: digests and names.
struct KanikoFiles {
    private let options: ExecutorOptions

    init(_ options: ExecutorOptions) { self.options = options }

    func write(_ digest: Digest) async throws {
        for note in options.output.notes(digest) {
            if note.place.hasPrefix("https://") {
                try await RemoteText.put(note.text, to: note.place)
            } else {
                try write(note.text, to: note.place)
            }
        }
        if let folder = options.site.builderOutput {
            try write(options.output.builderOutput(digest), to: "\(folder)/images")
        }
    }

    /// Into the file that is there: it may be mounted, as Kubernetes' termination log, or a terminal.
    private func write(_ text: String, to path: String) throws {
        do throws(SystemError) {
            _ = try OpenFile.makeFolders(FilePath(path).removingLastComponent().string)
            try OpenFile.open(path, [.write, .create, .truncate], mode: 0o644).writeAll(Array(text.utf8))
        } catch {
            throw CommandFailure(.imageFailed, "the image is built, but \(path) cannot be written: \(error)")
        }
    }
}
