internal import FileSystem
internal import Jobs
internal import Manifest
internal import SystemPackage

/// Whether the folders that an image names are there, and its repositories can be understood.
enum FolderCheck {
    static func diagnostics(for spec: ImageSpec) -> [ManifestDiagnostic] {
        let context = spec.context.flatMap { fault("context", $0.value, $0.mark) }
        let named = spec.contexts.compactMap { context -> ManifestDiagnostic? in
            let what = "context \"\(context.name)\""
            switch context.source {
            case .folder(let path), .layout(let path, _): return fault(what, path, context.mark)
            case .git(let text): return fault(what, git: text, context.mark)
            case .image, .dockerImage, .scratch, .archive: return nil
            }
        }
        return [context].compactMap { $0 } + named
    }

    private static func fault(_ what: String, git text: String, _ mark: SourceMark) -> ManifestDiagnostic? {
        do throws(GitTextError) {
            _ = try GitCheckout(contextText: text)
            return nil
        } catch {
            return ManifestDiagnostic(mark: mark, message: "\(what): \(error)")
        }
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
