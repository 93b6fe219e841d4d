import Foundation

/// The programs under test as the own image has them: in /kaniko with all their libraries and their loader, so that they run
/// on any root file system. Kept beside the programs, and made again when these have changed.
public enum ContainerPrograms {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../manifests/self/bundle").standardizedFileURL.path

    /// A folder that holds `kaniko`. `folder` holds `build-all` and `build-all-executor`. For several processes.
    public static func made(from folder: String) throws -> String {
        let place = "\(folder)/container-root"
        let setup = """
            set -eu; cd '\(folder)'
            exec 9>'\(place).lock'; flock 9
            if ! [ '\(place)/made' -nt build-all -a '\(place)/made' -nt build-all-executor ]; then
                rm -rf '\(place)'; mkdir -p '\(place)'
                '\(script)' '\(place)/kaniko' /kaniko build-all build-all-executor
                ln -s build-all '\(place)/kaniko/executor'; ln -s build-all '\(place)/kaniko/warmer'
                touch '\(place)/made'
            fi
            """
        let result = Shell(setup)
        guard result.status == 0 else { throw Tool.Failure(command: script, text: result.output) }
        return place
    }
}
