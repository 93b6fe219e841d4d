internal import FileSystem
internal import Glibc

/// Runs a program of the host to its end and takes its standard output.
enum HostProgram {
    /// Nil if the program is not there or fails; its errors are not shown. Arguments go as they are, without a shell.
    static func output(of arguments: [String], limit: Int = 1 << 20) throws -> String? {
        let (reading, pid) = try start(arguments)
        guard let pid else { return nil }
        let output = try reading.readAll(limit: limit)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        guard status == 0, let output else { return nil }
        return String(decoding: output, as: UTF8.self)
    }

    /// Returns with the writing end of the pipe closed here: only the child holds it, so that its end is seen.
    private static func start(_ arguments: [String]) throws -> (output: OpenFile, pid: pid_t?) {
        let (reading, writing) = try OpenFile.pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, writing.fd, 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var pid: pid_t = 0
        var words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        let result = withExtendedLifetime(writing) {
            posix_spawnp(&pid, arguments[0], &actions, nil, &words, environ)
        }
        return (reading, result == 0 ? pid : nil)
    }
}
