internal import FileSystem
internal import Jobs
internal import Manifest
internal import Planning
internal import SystemPackage

/// What of a container stays when images are built in its root: what the run reads and writes.
struct InPlaceSite {
    /// Where images of builders have all that is their own.
    private static let builders = ["/kaniko", "/busybox"]

    let batch: BatchManifest
    let plan: BuildPlan
    /// Of files and folders that the run reads by their names.
    let files: [String]

    /// From now on nothing else is read by its name. What of it is there: absolute, without links; folders that results go
    /// into are made.
    func fix() throws -> (paths: [String], contexts: [String]) {
        let folder = batch.folder.string == "/" ? batch.file.string : batch.folder.string
        for folder in outputs { _ = try OpenFile.makeFolders(folder) }
        let paths = HostFiles.ofProcess.fix(
            Self.builders + files + [folder] + contexts + outputs, mounts: try MountPoints.ofThisProcess())
        return (paths, contexts.compactMap(HostFiles.ofProcess.path))
    }

    private var contexts: [String] {
        plan.images.flatMap { image -> [String] in
            guard case .success(let job) = image.job else { return [] }
            let named = job.namedContexts.values.compactMap(\.folderPath)
            return named + [job.contextFolder].compactMap { $0 }
        }
    }

    /// The folders that results of an image are written into while the next one is built, and results of steps at any time.
    private var outputs: [String] {
        let caches = plan.images.compactMap { image -> String? in
            guard let cache = image.cache, cache.isWritten, case .folder(let path)? = cache.repository else {
                return nil
            }
            return path
        }
        let trees = plan.images.compactMap { image -> String? in
            guard case .success(let job) = image.job else { return nil }
            return job.rootfsOutput.map { FilePath($0).removingLastComponent().string }
        }
        guard plan.images.count > 1 else { return caches + trees }
        let written = plan.images.flatMap(\.outputs).compactMap { output -> String? in
            switch output {
            case .push: nil
            case .oci(let path), .onlyOCI(let path), .ociArchive(let path), .dockerArchive(let path): path
            }
        }
        return caches + trees + written.map { FilePath($0).removingLastComponent().string }
    }
}
