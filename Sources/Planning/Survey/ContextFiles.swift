internal import FileSystem
internal import Jobs
internal import Manifest
internal import SystemPackage

/// Reads the Dockerfile and the ignore files of one image.
///
/// Nothing is read from outside: a link that leads out of the context is refused, as is anything but a regular file.
struct ContextFiles {
    let spec: ImageSpec
    /// The folder of the batch manifest: messages show paths from there.
    let manifestFolder: String

    /// The Dockerfile, and the ignore file that governs the context.
    func read() throws(JobFailure) -> (dockerfile: DockerfileText, ignoreFile: String?) {
        let context = try spec.context.map { path throws(JobFailure) in try root(path.value) }
        if let inline = spec.inline {
            let text = DockerfileText(name: "\(spec.name) (inline)", text: inline.value)
            return (text, try context?.text(of: ".dockerignore"))
        }
        guard let path = spec.dockerfile?.value else {
            throw .unreadable("the image has no Dockerfile")
        }
        let (folder, relative) = try place(of: path, context)
        let (name, bytes) = try dockerfile(relative, in: folder)
        let dockerfile = DockerfileText(name: folder.shown(name), bytes: bytes)
        guard let context else { return (dockerfile, nil) }
        if let own = try folder.text(of: "\(name).dockerignore") { return (dockerfile, own) }
        return (dockerfile, try context.text(of: ".dockerignore"))
    }

    /// The text of the ignore file at the root of a named context.
    func ignoreFile(ofContext path: FilePath) throws(JobFailure) -> String? {
        try root(path).text(of: ".dockerignore")
    }

    private func root(_ path: FilePath) throws(JobFailure) -> ReadingRoot {
        try ReadingRoot(path.lexicallyNormalized().string, shownFrom: manifestFolder)
    }

    /// The folder that the Dockerfile must not leave (the context, if it lies there), and its path from there.
    private func place(of path: FilePath, _ context: ReadingRoot?) throws(JobFailure) -> (ReadingRoot, String) {
        if let context, let relative = context.relative(path.lexicallyNormalized().string) {
            return (context, relative)
        }
        return (try root(path.removingLastComponent()), path.lastComponent?.string ?? "")
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
        throw .unreadable("\(folder.shown(relative)): there is no such file")
    }
}
