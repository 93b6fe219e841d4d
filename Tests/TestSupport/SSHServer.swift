import Foundation

/// A real sshd on 127.0.0.1 with keys of its own, run by the test's user and for that user only.
public final class SSHServer: Sendable {
    public let port: Int
    public let user: String
    /// A configuration of ssh that knows the server's key, and the user's.
    public let clientConfiguration: String
    private let folder: TestFolder
    private let process: ChildProcess

    public static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/sbin/sshd")

    public init() throws {
        folder = try TestFolder()
        let path = folder.path
        user = Shell("id -un").lines.first ?? ""
        // Privileges are separated in a folder that init scripts make.
        if getuid() == 0 { Shell("mkdir -p -m 755 /run/sshd") }
        port = GitServer.freePort()
        clientConfiguration = folder.path("client")
        let setup = """
            set -eu; cd \(path); chmod 700 .
            for name in host user; do ssh-keygen -q -t ed25519 -N '' -C x -f $name; done
            cp user.pub authorized; chmod 600 authorized
            echo "[127.0.0.1]:\(port) $(cut -d' ' -f1,2 host.pub)" > known
            cat > server <<'X'
            Port \(port)
            ListenAddress 127.0.0.1
            HostKey \(path)/host
            PidFile none
            AuthorizedKeysFile \(path)/authorized
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            X
            cat > client <<'X'
            Host 127.0.0.1
            User \(user)
            Port \(port)
            IdentityFile \(path)/user
            IdentitiesOnly yes
            UserKnownHostsFile \(path)/known
            GlobalKnownHostsFile /dev/null
            X
            """
        let result = Shell(setup)
        guard result.status == 0 else { throw Tool.Failure(command: "setup of sshd", text: result.output) }
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        process = try ChildProcess(
            ["/usr/sbin/sshd", "-D", "-q", "-f", folder.path("server")], input: null, output: null, errorOutput: null)
        for _ in 0..<500 where !GitServer.answers(port) { usleep(10_000) }
    }

    deinit {
        process.terminate()
        process.wait()
    }
}
