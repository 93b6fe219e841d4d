import Foundation
import Synchronization
public import SystemPackage

/// Debian's `docker-registry` on a free port of 127.0.0.1, with its files in a temporary folder.
///
/// A second process ends it when this one dies.
public final class DockerRegistry: Sendable {
    public struct Options: Sendable {
        /// Asks for Basic authorization.
        public var user: (name: String, password: String)?
        /// Asks for tokens of this server.
        public var tokens: TestTokenServer?
        /// Speaks HTTPS with a certificate of an authority of its own, `ca`, for 127.0.0.1, localhost and registry.test.
        public var tls = false
        /// With `tls`, lets in only who shows `clientCertificate`.
        public var wantsClientCertificate = false

        public init(
            user: (name: String, password: String)? = nil, tls: Bool = false, tokens: TestTokenServer? = nil,
            wantsClientCertificate: Bool = false
        ) {
            self.user = user
            self.tls = tls
            self.tokens = tokens
            self.wantsClientCertificate = wantsClientCertificate
        }
    }

    /// `127.0.0.1:PORT`, the registry part of references to it.
    public let host: String
    /// Everything it has; removed at the end.
    public let folder: FilePath
    private let running: Mutex<Running?>
    private let reader: LogReader

    /// The authority's certificate, with `tls`.
    public var ca: FilePath { folder.appending("ca.crt") }
    /// One that the authority signed, and its key.
    public var clientCertificate: (file: FilePath, key: FilePath) {
        (folder.appending("client.crt"), folder.appending("client.key"))
    }

    /// Whether the program is there.
    public static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/bin/docker-registry")

    /// Starts it and waits until it listens.
    public init(_ options: Options = Options()) throws {
        folder = FilePath(NSTemporaryDirectory()).appending("docker-registry-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        if options.tls { try TestCertificates.make(in: folder) }
        if let user = options.user {
            let line = try Tool.run("htpasswd", "-Bbn", "-C", "5", user.name, user.password).checked().output
            try line.write(toFile: folder.appending("htpasswd").string, atomically: true, encoding: .utf8)
        }
        let configuration = folder.appending("config.yml").string
        try Self.configuration(options, folder).write(toFile: configuration, atomically: true, encoding: .utf8)
        let log = ChildProcess.makePipe()
        running = Mutex(try Running(configuration, log: log.writing))
        close(log.writing)
        let reader = LogReader(FileHandle(fileDescriptor: log.reading, closeOnDealloc: true))
        self.reader = reader
        host = try reader.address()
        Thread.detachNewThread { reader.readAll() }
    }

    deinit { stop() }

    /// Ends it and removes its folder.
    public func stop() {
        let running = running.withLock { running in
            defer { running = nil }
            return running
        }
        guard let running else { return }
        running.stop()
        try? FileManager.default.removeItem(atPath: folder.string)
    }

    /// What it has logged so far, a line each; requests among them.
    public var log: [String] { reader.lines.withLock { $0 } }
}

/// The registry's process, and one that waits for the end of ours to end it too.
private struct Running {
    private let registry: ChildProcess
    private let watcher: ChildProcess
    private let lifeline: CInt

    init(_ configuration: String, log: CInt) throws {
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        let environment = ["PATH": "/usr/bin:/bin", "OTEL_TRACES_EXPORTER": "none"]
        registry = try ChildProcess(
            ["docker-registry", "serve", configuration], environment: environment, input: null, output: log,
            errorOutput: log)
        let pipe = ChildProcess.makePipe()
        defer { close(pipe.reading) }
        lifeline = pipe.writing
        watcher = try ChildProcess(
            ["sh", "-c", "read -r _; kill $0", "\(registry.pid)"], input: pipe.reading, output: null, errorOutput: null)
    }

    func stop() {
        watcher.terminate()
        watcher.wait()
        registry.terminate()
        registry.wait()
        close(lifeline)
    }
}

/// Collects the lines of a log.
///
/// Safe to send to the thread that reads on because nobody else reads from then on, and the lines are under a lock.
private final class LogReader: @unchecked Sendable {
    let lines = Mutex<[String]>([])
    private let log: FileHandle
    private var rest = Data()

    init(_ log: FileHandle) { self.log = log }

    /// Reads up to the line that says where the registry listens. Throws what was logged if the log ends before.
    func address() throws -> String {
        while readMore() {
            for line in lines.withLock({ $0 }) {
                guard let range = line.range(of: "listening on ") else { continue }
                return String(line[range.upperBound...].prefix { $0.isNumber || $0 == "." || $0 == ":" })
            }
        }
        throw Tool.Failure(command: "docker-registry", text: lines.withLock { $0 }.joined(separator: "\n"))
    }

    func readAll() {
        while readMore() {}
    }

    private func readMore() -> Bool {
        let data = log.availableData
        rest += data
        while let end = rest.firstIndex(of: 10) {
            let line = String(decoding: rest[rest.startIndex..<end], as: UTF8.self)
            lines.withLock { $0.append(line) }
            rest = Data(rest[(end + 1)...])
        }
        return !data.isEmpty
    }
}

extension DockerRegistry {
    private static func configuration(_ options: Options, _ folder: FilePath) -> String {
        var text = """
            version: 0.1
            log: { level: info, accesslog: { disabled: false } }
            storage:
              filesystem: { rootdirectory: \(folder.appending("data")) }
              delete: { enabled: true }
            http:
              addr: 127.0.0.1:0

            """
        if options.tls {
            let clients = options.wantsClientCertificate ? ", clientcas: [\(folder.appending("ca.crt"))]" : ""
            text += "  tls: { certificate: \(folder.appending("server.crt")), "
            text += "key: \(folder.appending("server.key"))\(clients) }\n"
        }
        if options.user != nil {
            text += "auth:\n  htpasswd: { realm: test, path: \(folder.appending("htpasswd")) }\n"
        }
        if let tokens = options.tokens {
            text += "auth:\n  token: { realm: '\(tokens.realm)', service: \(tokens.service), "
            text += "issuer: \(tokens.issuer), rootcertbundle: \(tokens.certificate) }\n"
        }
        return text
    }
}
