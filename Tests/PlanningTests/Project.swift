import FileSystem
import Glibc
import Jobs
import Manifest
import Planning
import SystemPackage

/// A folder with a batch manifest, Dockerfiles and whatever a test needs; removed with the last reference.
final class Project {
    let folder: FilePath

    /// Files by their path; folders are made as needed.
    init(_ files: [String: String]) throws {
        var template = Array("/tmp/planning-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError(call: "mkdtemp", code: errno, path: nil) }
        folder = FilePath(platformString: template)
        for (path, text) in files { try write(text, to: path) }
    }

    deinit {
        do throws(SystemError) {
            try OpenFile.open("/tmp", [.read, .directory]).removeTree(FileName(folder.lastComponent?.string ?? ""))
        } catch {
            print("\(folder) is left: \(error)")
        }
    }

    func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

    func write(_ bytes: [UInt8], to path: String) throws {
        var place = folder
        for component in FilePath(path).removingLastComponent().components {
            place.append(component)
            mkdir(place.string, 0o755)
        }
        let file = try OpenFile.open(folder.appending(path).string, [.write, .create, .truncate])
        try file.writeAll(bytes)
    }

    func link(_ path: String, to target: String) throws {
        guard symlink(target, folder.appending(path).string) == 0 else {
            throw SystemError(call: "symlink", code: errno, path: path)
        }
    }

    func manifest(environment: [String: String] = [:]) throws -> BatchManifest {
        let context = ExpansionContext(run: "RUN", now: 0) { _ in throw SystemError(call: "git", code: 2, path: nil) }
        return try BatchManifest.load(folder.appending("manifest.yaml"), environment: environment, context: context)
    }

    func plan(_ selection: String..., change: (inout PlanOptions) -> Void = { _ in }) throws -> BuildPlan {
        var options = PlanOptions()
        options.selection = selection
        change(&options)
        return try BuildPlan(manifest: try manifest(), options: options)
    }
}

extension BuildPlan {
    /// `child needs parent: reason; reason`, in the order of the plan.
    var edges: [String] {
        images.flatMap { image in
            image.dependencies.map { dependency in
                let reasons = dependency.reasons.map(\.description).joined(separator: "; ")
                return "\(image.name) needs \(images[dependency.image].name): \(reasons)"
            }
        }
    }

    func job(_ name: String) throws -> Job {
        guard let position = position(named: name) else { throw PlanMiss(name: name) }
        return try images[position].job.get()
    }

    func failure(_ name: String) -> JobFailure? {
        guard let position = position(named: name), case .failure(let failure) = images[position].job else {
            return nil
        }
        return failure
    }
}

struct PlanMiss: Error {
    let name: String
}
