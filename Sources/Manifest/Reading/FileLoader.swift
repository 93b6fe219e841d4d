import Glibc
import SystemPackage

/// A file of the manifest whose YAML was read.
struct LoadedFile {
    let source: SourceFile
    /// Absolute, links resolved.
    let path: FilePath
    let root: YAMLNode
    /// Index of the file that includes it.
    let parent: Int?

    var entries: [YAMLEntry] { root.mapping ?? [] }
}

/// Reads a manifest and all that it includes, each file once.
struct FileLoader {
    private let limits: YAMLLimits
    private let log: DiagnosticLog
    private var bytesLeft: Int
    private var nodesLeft: Int
    private(set) var loaded: [LoadedFile] = []
    /// Every file that could be opened, in the order of reading.
    private(set) var files: [ManifestFile] = []
    private(set) var names: [String] = []
    /// Whether a file is missing from `loaded`: what is said about names then would be guessing.
    private(set) var isIncomplete = false

    init(limits: YAMLLimits, log: DiagnosticLog) {
        self.limits = limits
        self.log = log
        bytesLeft = limits.bytes
        nodesLeft = limits.nodes
    }

    /// - Parameter file: as messages show it; relative to the working folder.
    mutating func load(_ file: FilePath) {
        let path = file.isAbsolute ? file : FilePath(Self.workingFolder).pushing(file)
        load(path.lexicallyNormalized(), name: file.string, at: nil, parent: nil, chain: [])
    }

    /// A manifest that is no file, in the folder `/`.
    mutating func load(bytes: [UInt8], name: String) {
        let path: FilePath = "/build-all"
        files.append(ManifestFile(path: path, bytes: bytes))
        names.append(name)
        let source = SourceFile(name: name, path: path, bytes: bytes)
        guard let root = compose(source) else { return }
        loaded.append(LoadedFile(source: source, path: path, root: root, parent: nil))
    }

    private mutating func load(_ path: FilePath, name: String, at mark: SourceMark?, parent: Int?, chain: [FilePath]) {
        let real = Self.realPath(path)
        if let start = chain.firstIndex(of: real) {
            let cycle = (chain[start...] + [real]).map { $0.lastComponent?.string ?? $0.string }
            return log.add(at: mark, "include cycle: \(cycle.joined(separator: " → "))")
        }
        guard !files.contains(where: { $0.path == real }) else { return }
        guard files.count < limits.files else { return fail(at: mark, "more than \(limits.files) files are included") }
        guard let bytes = read(path, name: name, at: mark) else { return }
        files.append(ManifestFile(path: real, bytes: bytes))
        names.append(name)
        let source = SourceFile(name: name, path: path, bytes: bytes)
        guard let root = compose(source) else { return }
        loaded.append(LoadedFile(source: source, path: real, root: root, parent: parent))
        include(from: loaded.count - 1, chain: chain + [real])
    }

    private mutating func compose(_ source: SourceFile) -> YAMLNode? {
        do throws(ManifestErrors) {
            let root = try YAMLComposer.compose(source, limits: limits, nodesLeft: &nodesLeft, log: log)
            if let root, !root.isNull { return root }
            fail(
                at: SourceMark(source: source, line: 1, column: 1), "the manifest is empty",
                hint: "it begins with version: 1")
        } catch {
            for diagnostic in error.diagnostics {
                fail(at: diagnostic.mark, diagnostic.message, hint: diagnostic.hint)
            }
        }
        return nil
    }

    private mutating func fail(at mark: SourceMark?, _ message: String, hint: String? = nil) {
        isIncomplete = true
        log.add(at: mark, message, hint: hint)
    }
}

// MARK: include

extension FileLoader {
    private mutating func include(from index: Int, chain: [FilePath]) {
        let file = loaded[index]
        guard let include = file.entries["include"] else { return }
        for node in include.sequence ?? [include] {
            guard let text = node.text, !text.isEmpty else { continue }
            for (path, name) in matches(of: text, in: file, at: node.mark) where path != file.source.path {
                load(path, name: name, at: node.mark, parent: index, chain: chain)
            }
        }
    }

    /// The files that a pattern means, sorted; without `*`, `?` and `[` the pattern is a path.
    private func matches(of text: String, in file: LoadedFile, at mark: SourceMark) -> [(FilePath, String)] {
        let folder = FilePath(file.source.name).removingLastComponent()
        func named(_ path: FilePath) -> (FilePath, String) {
            var relative = path
            guard relative.removePrefix(file.source.folder) else { return (path, path.string) }
            return (path, folder.pushing(relative).string)
        }
        let pattern = file.source.folder.pushing(FilePath(text)).lexicallyNormalized()
        guard text.contains(where: { "*?[".contains($0) }) else { return [named(pattern)] }
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern.string, 0, nil, &found) == 0, let paths = found.gl_pathv else {
            log.warn(at: mark, "no file matches \"\(text)\"")
            return []
        }
        return (0..<Int(found.gl_pathc)).compactMap { paths[$0] }.map { named(FilePath(String(cString: $0))) }
    }
}

// MARK: system calls

extension FileLoader {
    /// The file's bytes; more than the limit are never in memory.
    private mutating func read(_ path: FilePath, name: String, at mark: SourceMark?) -> [UInt8]? {
        do {
            var status = stat()
            guard stat(path.string, &status) == 0 else { throw Errno(rawValue: errno) }
            // A pipe or a device may be what the user means, but never what a file includes: reading could block.
            guard mark == nil || status.st_mode & S_IFMT == S_IFREG else {
                fail(at: mark, "\(name): not a regular file")
                return nil
            }
            let file = try FileDescriptor.open(path, .readOnly)
            let bytes = try file.closeAfter { try Self.read(file, most: bytesLeft + 1) }
            guard bytes.count <= bytesLeft else {
                fail(at: mark, "\(name): a manifest may have \(limits.bytes >> 20) MiB, all its files together")
                return nil
            }
            bytesLeft -= bytes.count
            return bytes
        } catch {
            fail(at: mark, "\(name): \(error)")
            return nil
        }
    }

    private static func read(_ file: FileDescriptor, most: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < most {
            let count = try chunk.withUnsafeMutableBytes { try file.read(into: $0) }
            guard count > 0 else { break }
            bytes += chunk.prefix(count)
        }
        return bytes
    }

    private static func realPath(_ path: FilePath) -> FilePath {
        guard let real = realpath(path.string, nil) else { return path }
        defer { free(real) }
        return FilePath(platformString: real)
    }

    private static var workingFolder: String {
        guard let folder = getcwd(nil, 0) else { return "/" }
        defer { free(folder) }
        return String(cString: folder)
    }
}
