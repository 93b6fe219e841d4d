internal import FileSystem
internal import Jobs
internal import Manifest
internal import SystemPackage

/// Reads the Dockerfile and the ignore files of one image.
///
/// Nothing is read from outside: a link that leads out of the context is refused, as is anything but a regular file.
struct ContextFiles {
    /// Largest Dockerfile and ignore file, in bytes.
    static let sizeLimit = 4 << 20

    let spec: ImageSpec
    /// The folder of the batch manifest: messages show paths from there.
    let manifestFolder: FilePath

    /// The Dockerfile, and the ignore file that governs the context.
    func read() throws(JobFailure) -> (dockerfile: DockerfileText, ignoreFile: String?) {
        let context = try spec.context.map { path throws(JobFailure) in try open(path.value) }
        if let inline = spec.inline {
            let text = DockerfileText(name: "\(spec.name) (inline)", text: inline.value)
            return (text, try ignoreFile(in: context))
        }
        guard let path = spec.dockerfile?.value.lexicallyNormalized() else {
            throw .unreadable("the image has no Dockerfile")
        }
        let (root, relative) = try place(of: path, context)
        let (name, text) = try dockerfile(relative, in: root, path)
        let own = context == nil ? nil : try self.text(of: "\(name).dockerignore", in: root)
        if let own { return (text, own) }
        return (text, try ignoreFile(in: context))
    }

    /// The text of the ignore file at the root of a named context.
    func ignoreFile(ofContext folder: FilePath) throws(JobFailure) -> String? {
        try ignoreFile(in: open(folder))
    }

    private func ignoreFile(in context: OpenFile?) throws(JobFailure) -> String? {
        guard let context else { return nil }
        return try text(of: ".dockerignore", in: context)
    }

    /// The folder that the Dockerfile must not leave, the context if it lies there, and its path from there.
    private func place(of path: FilePath, _ context: OpenFile?) throws(JobFailure) -> (OpenFile, String) {
        var relative = path
        if let context, let folder = spec.context?.value.lexicallyNormalized(), relative.removePrefix(folder) {
            return (context, relative.string)
        }
        let name = path.lastComponent?.string ?? ""
        return (try open(path.removingLastComponent()), name)
    }

    /// Where there is no `Dockerfile`, `dockerfile` will do.
    private func dockerfile(
        _ relative: String, in root: OpenFile, _ path: FilePath
    ) throws(JobFailure) -> (name: String, DockerfileText) {
        if let text = try text(of: relative, in: root) {
            return (relative, DockerfileText(name: shown(path), text: text))
        }
        let lower = FilePath(relative).removingLastComponent().appending("dockerfile").string
        if path.lastComponent?.string == "Dockerfile", let text = try text(of: lower, in: root) {
            let lowerPath = path.removingLastComponent().appending("dockerfile")
            return (lower, DockerfileText(name: shown(lowerPath), text: text))
        }
        throw .unreadable("\(shown(path)): there is no such file")
    }

    /// Nil if there is no such file.
    private func text(of relative: String, in root: OpenFile) throws(JobFailure) -> String? {
        let bytes: [UInt8]?
        do {
            let file = try root.openBeneath(FileName(relative), [.read, .nonBlocking])
            guard try file.status().kind == .regular else {
                throw JobFailure.unreadable("\(relative) is no regular file")
            }
            bytes = try file.readAll(limit: Self.sizeLimit)
        } catch let error as SystemError {
            if error.isNotFound { return nil }
            throw .unreadable(error.leavesRoot ? "\(relative): the link leads out of its folder" : "\(error)")
        } catch let failure as JobFailure {
            throw failure
        } catch {
            throw .unreadable("\(error)")
        }
        guard let bytes else { throw .unreadable("\(relative) is larger than \(Self.sizeLimit >> 20) MiB") }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .unreadable("\(relative) is not UTF-8") }
        return text
    }

    private func open(_ folder: FilePath) throws(JobFailure) -> OpenFile {
        do {
            return try OpenFile.open(folder.string, [.pathOnly, .directory])
        } catch {
            throw .unreadable("\(shown(folder)): \(error)")
        }
    }

    private func shown(_ path: FilePath) -> String {
        var relative = path
        return relative.removePrefix(manifestFolder) && !relative.isEmpty ? relative.string : path.string
    }
}

extension SystemError {
    /// EXDEV: openat2 was to stay beneath a folder, and the path leads out.
    fileprivate var leavesRoot: Bool { code == 18 }
}

extension JobFailure {
    fileprivate static func unreadable(_ text: String) -> JobFailure {
        JobFailure(class: .context, message: text, summary: text)
    }
}
