internal import FileSystem
internal import Manifest
internal import SystemPackage

/// Whether the folders that an image names are there.
enum FolderCheck {
    static func diagnostics(for spec: ImageSpec) -> [ManifestDiagnostic] {
        let context = spec.context.flatMap { fault("context", $0.value, $0.mark) }
        let named = spec.contexts.compactMap { context -> ManifestDiagnostic? in
            guard case .folder(let path) = context.source else { return nil }
            return fault("context \"\(context.name)\"", path, context.mark)
        }
        return [context].compactMap { $0 } + named
    }

    private static func fault(_ what: String, _ path: FilePath, _ mark: SourceMark) -> ManifestDiagnostic? {
        do {
            _ = try OpenFile.open(path.string, [.pathOnly, .directory])
            return nil
        } catch {
            let reason =
                error.code == 20 ? "is no folder" : error.isNotFound ? "does not exist" : "cannot be opened (\(error))"
            return ManifestDiagnostic(mark: mark, message: "\(what): \(path) \(reason)")
        }
    }
}
