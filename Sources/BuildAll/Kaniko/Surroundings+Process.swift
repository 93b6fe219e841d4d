internal import Glibc
internal import Kaniko
internal import SystemPackage

extension Surroundings {
    /// Of this process.
    static var ofProcess: Surroundings {
        Surroundings(environment: Environment.all, workingFolder: FilePath.absolute(".").string) {
            access($0, F_OK) == 0
        }
    }
}
