import Foundation
import SystemPackage

/// Repositories in a folder, served by `git daemon`, by `git http-backend`, and as plain files over HTTP. `smartHTTPS` has
/// the certificates of `TestCertificates` in that folder, and serves its archives too.
public final class GitServer: Sendable {
    public let folder: TestFolder
    public let port: Int
    private let process: ChildProcess

    public enum Kind: Sendable { case daemon, smartHTTP, smartHTTPS, plainHTTP }

    private static let environment = [
        "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@x", "GIT_COMMITTER_NAME": "C",
        "GIT_COMMITTER_EMAIL": "c@x", "GIT_AUTHOR_DATE": "2001-02-03T04:05:06Z",
        "GIT_COMMITTER_DATE": "2002-02-03T04:05:06Z", "GIT_CONFIG_GLOBAL": "/dev/null",
        "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
    ]

    /// Runs `script` in a folder in which bare repositories are made, with `commit` and `git` at hand; serves them.
    public convenience init(_ script: String) throws { try self.init(.daemon, script) }

    public init(_ kind: Kind, credentials: String = "", _ script: String) throws {
        folder = try TestFolder()
        let setup = """
            set -eu; cd \(folder.path); \(Self.environment.map { "export \($0.key)='\($0.value)'" }.joined(separator: "; "))
            commit() { git add -A; git commit -q --allow-empty -m "$1"; }
            new() { mkdir -p "$1"; cd "$1"; git init -q -b main; git config protocol.file.allow always; }
            publish() { cd ..; git clone -q --bare "$1" "$1.git"; git -C "$1" push -q "$PWD/$1.git" '+refs/*:refs/*' 2>/dev/null; git -C "$1.git" update-server-info; }
            \(script)
            """
        let result = Shell(setup)
        guard result.status == 0 else { throw Tool.Failure(command: "setup", text: result.output) }
        if kind == .smartHTTPS { try TestCertificates.make(in: FilePath(folder.path)) }
        port = Self.freePort()
        process = try Self.start(kind, folder.path, port, credentials)
        for _ in 0..<500 where !Self.answers(port) { usleep(10_000) }
    }

    deinit {
        process.terminate()
        process.wait()
    }

    public func commit(_ repository: String, _ name: String = "HEAD") -> String {
        Shell("git -C \(folder.path)/\(repository) rev-parse '\(name)'").lines.first ?? ""
    }

    /// Goes on in a working tree, and publishes what became of it.
    public func change(_ repository: String, _ script: String) {
        let exports = Self.environment.map { "export \($0.key)='\($0.value)'" }.joined(separator: "; ")
        Shell(
            """
            set -eu; \(exports); commit() { git add -A; git commit -q --allow-empty -m "$1"; }
            cd \(folder.path)/\(repository); \(script)
            git push -q ../\(repository).git '+refs/*:refs/*'; git -C ../\(repository).git update-server-info
            """)
    }

    private static func start(_ kind: Kind, _ folder: String, _ port: Int, _ credentials: String) throws -> ChildProcess
    {
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        let arguments: [String]
        switch kind {
        case .daemon:
            // `git daemon` itself would leave a child of git behind.
            let path = Shell("git --exec-path").lines.first ?? ""
            arguments = [
                "\(path)/git-daemon", "--reuseaddr", "--listen=127.0.0.1", "--port=\(port)", "--base-path=\(folder)",
                "--export-all",
            ]
        case .smartHTTP, .smartHTTPS:
            let scheme = kind == .smartHTTPS ? "https" : "http"
            arguments = ["python3", "-c", smartServer, folder, String(port), credentials, scheme]
        case .plainHTTP:
            arguments = ["python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", folder, String(port)]
        }
        return try ChildProcess(arguments, input: null, output: null, errorOutput: null)
    }

    /// `git http-backend` behind Basic authorization; notes in `leaks` when the password is in any command line.
    private static let smartServer = #"""
        import base64, glob, http.server, os, ssl, subprocess, sys
        folder, port, credentials, scheme = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"
            def do(self):
                given = self.headers.get("Authorization", "")
                if credentials and given != "Basic " + base64.b64encode(credentials.encode()).decode():
                    self.send_response(401); self.send_header("WWW-Authenticate", 'Basic realm="x"'); self.end_headers(); return
                if credentials:
                    secret = credentials.split(":")[1].encode()
                    for name in glob.glob("/proc/[0-9]*/cmdline"):
                        try: line = open(name, "rb").read()
                        except OSError: continue
                        if secret in line and b"http.server" not in line: open(folder + "/leaks", "ab").write(line + b"\n")
                path, _, query = self.path.partition("?")
                if path.endswith(".tar.gz"):
                    content = open(folder + path, "rb").read()
                    self.send_response(200); self.send_header("Content-Length", str(len(content))); self.end_headers()
                    self.wfile.write(content); return
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size)
                if self.headers.get("Transfer-Encoding") == "chunked":
                    while True:
                        n = int(self.rfile.readline(), 16); body += self.rfile.read(n); self.rfile.readline()
                        if n == 0: break
                env = dict(os.environ, GIT_PROJECT_ROOT=folder, GIT_HTTP_EXPORT_ALL="1", PATH_INFO=path, QUERY_STRING=query,
                    REQUEST_METHOD=self.command, CONTENT_TYPE=self.headers.get("Content-Type", ""), CONTENT_LENGTH=str(len(body)),
                    HTTP_CONTENT_ENCODING=self.headers.get("Content-Encoding", ""), GIT_PROTOCOL=self.headers.get("Git-Protocol", ""),
                    GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="safe.directory", GIT_CONFIG_VALUE_0="*")
                out = subprocess.run(["git", "http-backend"], input=body, env=env, stdout=subprocess.PIPE).stdout
                head, _, rest = out.partition(b"\r\n\r\n")
                status = 200
                fields = [l.split(": ", 1) for l in head.decode().split("\r\n") if ": " in l]
                for k, v in fields:
                    if k == "Status": status = int(v.split()[0])
                self.send_response(status)
                for k, v in fields:
                    if k != "Status": self.send_header(k, v)
                self.send_header("Content-Length", str(len(rest))); self.end_headers(); self.wfile.write(rest)
            do_GET = do_POST = do
            def log_message(self, *args): pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        if scheme == "https":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder + "/server.crt", folder + "/server.key")
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.serve_forever()
        """#

    static func freePort() -> Int {
        let line = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
        return Int(Shell("python3 -c \"\(line)\"").lines.first ?? "") ?? 0
    }

    static func answers(_ port: Int) -> Bool { Shell("bash -c ': < /dev/tcp/127.0.0.1/\(port)'").status == 0 }
}
