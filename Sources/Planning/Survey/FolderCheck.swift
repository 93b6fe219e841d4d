internal import FileSystem
internal import Manifest
internal import SystemPackage

/// Whether what an image names on this machine is there, and its repositories can be understood.
enum FolderCheck {
    static func diagnostics(for spec: ImageSpec, environment: [String: String]) -> [ManifestDiagnostic] {
        let context = spec.context.flatMap { fault("context", $0.value, $0.mark, environment) }
        let named = spec.contexts.compactMap { context -> ManifestDiagnostic? in
            let what = "context \"\(context.name)\""
            switch context.source {
            case .files(let source): return fault(what, source, context.mark, environment)
            case .layout(let path, _): return fault(what, path, context.mark)
            case .image, .dockerImage, .scratch: return nil
            }
        }
        return [context].compactMap { $0 } + named
    }

    private static func fault(
        _ what: String, _ source: ContextSource, _ mark: SourceMark, _ environment: [String: String]
    ) -> ManifestDiagnostic? {
        do throws(ContextTextError) {
            _ = try ContextPlace(source, environment: environment)
            return nil
        } catch {
            return ManifestDiagnostic(mark: mark, message: "\(what): \(error)", hint: error.hint)
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
