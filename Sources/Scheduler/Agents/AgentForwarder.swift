internal import Dispatch
internal import FileSystem
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// A socket behind which is a part of an SSH agent: keys can be listed and used, not added, removed or locked.
///
/// https://www.ietf.org/archive/id/draft-miller-ssh-agent-17.html
final class AgentForwarder: Sendable {
    let path: FilePath
    private let folder: OpenFile
    private let name: String
    private let listener: OpenFile
    private let agent: FilePath
    private let clients = Mutex<(open: Set<CInt>, isClosed: Bool)>(([], false))
    private let group = DispatchGroup()

    /// More connections at once wait in line.
    private static let mostClients = 32

    /// Listens at a new name in the folder. Throws when the agent cannot be reached.
    init(in folder: FilePath, to agent: FilePath) throws(SystemError) {
        _ = try LocalSocket.connected(to: agent)
        self.agent = agent
        self.folder = try OpenFile.open(folder.string, [.pathOnly, .directory])
        name = "agent-" + String(UInt64.random(in: .min ... .max), radix: 36)
        path = folder.appending(name)
        listener = try LocalSocket.listening(in: self.folder, name: name)
        DispatchQueue(label: "build-all.agent").async(group: group) { self.accept() }
    }

    /// Ends all connections and removes the socket; returns once nobody is served any more.
    func close() {
        clients.withLock { clients in
            clients.isClosed = true
            for fd in clients.open { shutdown(fd, CInt(SHUT_RDWR)) }
        }
        shutdown(listener.fd, CInt(SHUT_RDWR))
        group.wait()
        do throws(SystemError) { try folder.unlink(FileName(name)) } catch { _ = error }
    }

    private func accept() {
        let room = DispatchSemaphore(value: Self.mostClients)
        while true {
            let fd = Glibc.accept(listener.fd, nil, nil)
            guard fd >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                return
            }
            let client = OpenFile(owning: fd)
            _ = fcntl(fd, F_SETFD, FD_CLOEXEC)
            let isWelcome = clients.withLock { clients in
                if !clients.isClosed { clients.open.insert(fd) }
                return !clients.isClosed
            }
            guard isWelcome else { return }
            room.wait()
            DispatchQueue(label: "build-all.agent").async(group: group) {
                self.serve(client)
                room.signal()
            }
        }
    }

    private func serve(_ client: OpenFile) {
        var upstream: OpenFile?
        while let request = AgentMessage(from: client) {
            let answer = request.isPassed ? forwarded(request, &upstream) : AgentMessage.failure
            guard answer.send(to: client) else { break }
        }
        _ = clients.withLock { $0.open.remove(client.fd) }
        if let upstream { _ = clients.withLock { $0.open.remove(upstream.fd) } }
    }

    /// The agent's answer; `failure` when there is none.
    private func forwarded(_ request: AgentMessage, _ upstream: inout OpenFile?) -> AgentMessage {
        if upstream == nil {
            do throws(SystemError) { upstream = try LocalSocket.connected(to: agent) } catch { return .failure }
            // It ends with the clients, also while it waits for its user to confirm.
            if let fd = upstream?.fd {
                clients.withLock { clients in if !clients.isClosed { clients.open.insert(fd) } }
            }
        }
        guard let upstream, request.send(to: upstream), let answer = AgentMessage(from: upstream) else {
            return .failure
        }
        return answer
    }
}

/// A message of the agent protocol: a length, a type, its content.
struct AgentMessage: Hashable {
    let bytes: [UInt8]

    /// OpenSSH's own limit.
    private static let sizeLimit = 256 << 10

    static let failure = AgentMessage(bytes: [5])

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// Nil at the end, and for what is no message. Blocks.
    init?(from socket: OpenFile) {
        guard let head = Self.read(4, from: socket) else { return nil }
        let size = head.reduce(0) { $0 << 8 | Int($1) }
        guard (1...Self.sizeLimit).contains(size), let bytes = Self.read(size, from: socket) else { return nil }
        self.bytes = bytes
    }

    /// SSH_AGENTC_REQUEST_IDENTITIES and SSH_AGENTC_SIGN_REQUEST.
    var isPassed: Bool { bytes == [11] || bytes.first == 13 }

    /// False when the other side is gone. Blocks.
    func send(to socket: OpenFile) -> Bool {
        let size = UInt32(bytes.count)
        var rest = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) } + bytes
        while !rest.isEmpty {
            let count = Glibc.send(socket.fd, rest, rest.count, CInt(MSG_NOSIGNAL))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest.removeFirst(count)
        }
        return true
    }

    private static func read(_ size: Int, from socket: OpenFile) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < size {
            var chunk = [UInt8](repeating: 0, count: size - bytes.count)
            let count = recv(socket.fd, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            bytes += chunk[..<count]
        }
        return bytes
    }
}
