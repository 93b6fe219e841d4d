internal import FileSystem
internal import Jobs
internal import Manifest
internal import SystemPackage

/// Reads the Dockerfile and the ignore files of one image.
///
/// Nothing is read from outside: a link that leads out of the context is refused, as is anything but a regular file.
struct ContextFiles {
    let spec: ImageSpec
    let context: MainContext
    /// The folder of the batch manifest: messages show paths from there.
    let manifestFolder: String

    /// The Dockerfile, and the ignore file that governs the context.
    func read() throws(JobFailure) -> (dockerfile: DockerfileText, ignoreFile: String?) {
        let root = try context.root(manifestFolder: manifestFolder)
        if let inline = spec.inline {
            let text = DockerfileText(name: "\(spec.name) (inline)", text: inline.value)
            return (text, try root?.text(of: ".dockerignore"))
        }
        guard let place = spec.dockerfile?.value else {
            throw .unreadable("the image has no Dockerfile")
        }
        let (folder, relative) = try self.place(of: place, root)
        let (name, bytes) = try dockerfile(relative, in: folder)
        let dockerfile = DockerfileText(name: folder.shown(name), bytes: bytes)
        guard let root else { return (dockerfile, nil) }
        if let own = try folder.text(of: "\(name).dockerignore") { return (dockerfile, own) }
        return (dockerfile, try root.text(of: ".dockerignore"))
    }

    /// The text of the ignore file at the root of a named context.
    func ignoreFile(ofContext path: FilePath) throws(JobFailure) -> String? {
        try ReadingRoot(path.lexicallyNormalized().string, shownFrom: manifestFolder).text(of: ".dockerignore")
    }

    /// The folder that the Dockerfile must not leave (the context, if it lies there), and its path from there.
    private func place(of place: DockerfilePlace, _ root: ReadingRoot?) throws(JobFailure) -> (ReadingRoot, String) {
        switch place {
        case .context(let path):
            guard let root else { throw .unreadable("the image has no context in which \(path) could be") }
            guard path.components.first?.kind == .parentDirectory else { return (root, path.string) }
            guard case .folder(let folder) = context else {
                throw .unreadable("\(root.shown(path.string)): it is outside of the context")
            }
            return try self.place(of: FilePath(folder).appending(path.components).lexicallyNormalized(), root)
        case .folder(let path): return try self.place(of: path, root)
        }
    }

    private func place(of path: FilePath, _ root: ReadingRoot?) throws(JobFailure) -> (ReadingRoot, String) {
        if let root, let relative = root.relative(path.lexicallyNormalized().string) { return (root, relative) }
        let folder = path.removingLastComponent().lexicallyNormalized().string
        return (try ReadingRoot(folder, shownFrom: manifestFolder), path.lastComponent?.string ?? "")
    }

    /// Where there is no `Dockerfile`, `dockerfile` will do.
    private func dockerfile(
        _ relative: String, in folder: ReadingRoot
    ) throws(JobFailure) -> (name: String, bytes: [UInt8]) {
        if let bytes = try folder.bytes(of: relative) { return (relative, bytes) }
        if relative == "Dockerfile" || relative.hasSuffix("/Dockerfile") {
            let lower = relative.dropLast("Dockerfile".count) + "dockerfile"
            if let bytes = try folder.bytes(of: String(lower)) { return (String(lower), bytes) }
        }
        let place = spec.dockerfile.map { "\($0.mark): " } ?? ""
        let isFetched = context.fetched != nil
        let others = isFetched ? "; \(try folder.listing())" : ""
        throw .unreadable("\(isFetched ? place : "")\(folder.shown(relative)): there is no such file\(others)")
    }
}
