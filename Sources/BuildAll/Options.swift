internal import ArgumentParser
internal import FileSystem
internal import Glibc
internal import Storage
internal import SystemPackage

/// Where the state folder is.
struct StateOptions: ParsableArguments {
    @Option(
        help:
            "The state folder: ledger, store, cache, logs. Else BUILD_ALL_STATE, else build-all in XDG_STATE_HOME or ~/.local/state."
    )
    var state: String?

    /// The absolute path; relative ones are relative to the working directory.
    func path() throws -> FilePath {
        let environment = Environment.all
        if let text = state ?? environment["BUILD_ALL_STATE"], !text.isEmpty { return FilePath.absolute(text) }
        if let text = environment["XDG_STATE_HOME"], text.hasPrefix("/") {
            return FilePath(text).appending("build-all")
        }
        guard let home = environment["HOME"], !home.isEmpty else {
            throw CommandFailure(.usage, "there is no HOME: name the state folder with --state or BUILD_ALL_STATE")
        }
        return FilePath(home).appending(".local/state/build-all")
    }

    /// The folder, made if it is missing, with no symbolic link in its path.
    func prepared() throws -> StateFolder {
        let path = try path()
        do {
            try StateFolder(path).prepare()
        } catch {
            throw CommandFailure(.host, "the state folder \(path) cannot be used: \(error)")
        }
        return StateFolder(try FilePath.real(path))
    }
}

/// What is said on the terminal.
struct DisplayOptions: ParsableArguments {
    @Option(help: "How progress is shown on standard error: auto, tty, plain, json or none.")
    var progress: ProgressKind = .auto

    @Flag(help: "Print one JSON document at the end, on standard output.")
    var json = false

    @Flag(name: .shortAndLong, help: "Print a line NAME DIGEST for each image, and nothing else.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Say more: why steps were not cached.")
    var verbose = false

    /// Whether standard error is for people to read.
    var showsRemarks: Bool { !quiet && progress != .json && progress != .none }

    enum ProgressKind: String, ExpressibleByArgument, CaseIterable {
        case auto, tty, plain, json, none
    }
}

/// The environment of this process.
enum Environment {
    static let all: [String: String] = {
        var result: [String: String] = [:]
        var place = environ
        while let entry = place.pointee {
            let text = String(cString: entry)
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
            place += 1
        }
        return result
    }()
}

extension FilePath {
    /// Relative to the working directory, cleaned of `.` and `..` lexically.
    static func absolute(_ text: String) -> FilePath {
        let path = FilePath(text)
        guard !path.isAbsolute, let folder = getcwd(nil, 0) else { return path.lexicallyNormalized() }
        defer { free(folder) }
        return FilePath(String(cString: folder)).appending(text).lexicallyNormalized()
    }

    /// Without symbolic links; the path must exist.
    static func real(_ path: FilePath) throws -> FilePath {
        guard let resolved = realpath(path.string, nil) else {
            throw SystemError(call: "realpath", code: errno, path: path.string)
        }
        defer { free(resolved) }
        return FilePath(String(cString: resolved))
    }
}
