internal import FileSystem
internal import Glibc

/// Runs a program of the host to its end and takes its standard output.
enum HostProgram {
    /// Nil if the program is not there or fails; its errors are not shown. Arguments go as they are, without a shell.
    static func output(of arguments: [String], limit: Int = 1 << 20) throws -> String? {
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
        guard posix_spawnp(&pid, arguments[0], &actions, nil, &words, environ) == 0 else { return nil }
        let output = try withExtendedLifetime(writing) { try readOutput(reading, of: writing, limit: limit) }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        guard status == 0, let output else { return nil }
        return String(decoding: output, as: UTF8.self)
    }

    private static func readOutput(_ reading: OpenFile, of writing: OpenFile, limit: Int) throws -> [UInt8]? {
        // Only the child may hold the writing end, or the end of the output is never seen.
        close(writing.fd)
        return try reading.readAll(limit: limit)
    }
}
