import Glibc
import Sandbox
import SystemPackage
import TestSupport

/// Answers requests, each with its `id`.
struct Probe: Sendable {
    let environment: ExecutorEnvironment

    func answer(_ message: SocketMessage) {
        let request = ProbeMessage(message.bytes)
        var answer = ProbeMessage()
        answer.add("id", request["id"] ?? "")
        do {
            switch request["command"] {
            case "step": try runStep(request, message.descriptors, &answer)
            case "view": try listView(request, &answer)
            case "attempt": attempt(&answer)
            case "descriptors": try readDescriptors(message.descriptors, &answer)
            case "echo": answer.add("text", request["text"] ?? "")
            default: answer.add("error", "unknown command")
            }
        } catch {
            answer.add("error", "\(error)")
        }
        answer.add("cancelled", "\(environment.isCancelled)")
        try? environment.socket.send(answer.bytes)
    }

    /// With a descriptor, that is the step's stdin, or with `terminal` all three.
    private func runStep(
        _ request: ProbeMessage, _ descriptors: [OwnedDescriptor], _ answer: inout ProbeMessage
    ) throws {
        let clock = ContinuousClock()
        let begin = clock.now
        let pipe = try FileDescriptor.pipe(options: .closeOnExec)
        let input = descriptors.first?.fd
        let isTerminal = request["terminal"] != nil
        let output = isTerminal ? input ?? -1 : pipe.writeEnd.rawValue
        let step = try environment.zygote.start(
            spec(request), stdin: input, stdout: output, stderr: output, isTerminal: isTerminal)
        try pipe.writeEnd.close()
        if let grace = request["terminateAfter"] {
            usleep(useconds_t(grace) ?? 0)
            step.terminate(grace: .milliseconds(300))
        }
        answer.add("output", try readAll(pipe.readEnd))
        let exit = try step.wait()
        answer.add("microseconds", "\(Int((clock.now - begin) / .microseconds(1)))")
        answer.add("code", "\(exit.code)")
        answer.add("signal", exit.signal.map { "\($0)" } ?? "")
        answer.add("network", step.network.rawValue)
        answer.add("note", step.networkNote ?? "")
        answer.add("startFailure", exit.startFailure ?? "")
        answer.add("ranOutOfMemory", "\(exit.ranOutOfMemory)")
        answer.add("cpu", "\(Int(exit.usage.cpuTime / .microseconds(1)))")
        answer.add("peak", "\(exit.usage.peakMemoryInBytes)")
    }

    private func spec(_ request: ProbeMessage) throws -> StepSpec {
        StepSpec(
            lowers: request.all("lower").map { FilePath($0) },
            upper: FilePath(request["upper"] ?? ""),
            work: FilePath(request["work"] ?? ""),
            arguments: request.all("argument"),
            environment: request.all("variable"),
            workingDirectory: request["directory"] ?? "/",
            uid: request["uid"].flatMap(UInt32.init) ?? 0,
            gid: request["gid"].flatMap(UInt32.init) ?? 0,
            groups: request.all("group").compactMap(UInt32.init),
            network: request["network"].flatMap(StepNetwork.init) ?? .none,
            mounts: try request.all("mount").map(MountRequest.mount))
    }

    private func readAll(_ file: FileDescriptor) throws -> String {
        var bytes: [UInt8] = []
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 1)
        defer { room.deallocate() }
        while case let count = try file.read(into: room), count > 0 { bytes += room[..<count] }
        try file.close()
        return String(decoding: bytes.map { $0 == 0 ? UInt8(ascii: "|") : $0 }, as: UTF8.self)
    }

    /// Reads each to its end, and sends a message with the same descriptors back.
    private func readDescriptors(_ descriptors: [OwnedDescriptor], _ answer: inout ProbeMessage) throws {
        for descriptor in descriptors {
            answer.add("closesOnExec", "\(fcntl(descriptor.fd, F_GETFD) == FD_CLOEXEC)")
            answer.add("text", try readAll(FileDescriptor(rawValue: dup(descriptor.fd))))
        }
        try environment.socket.send([], descriptors: descriptors.map(\.fd))
    }

    /// Names and owners in the root of a merged view, after `touch` was created there.
    private func listView(_ request: ProbeMessage, _ answer: inout ProbeMessage) throws {
        try withMergedView(
            lowers: request.all("lower").map { FilePath($0) },
            upper: request["upper"].map { FilePath($0) },
            work: request["work"].map { FilePath($0) }
        ) { root in
            if let name = request["touch"] {
                let file = openat(root, name, O_CREAT | O_WRONLY, 0o644)
                answer.add("touched", file < 0 ? String(cString: strerror(errno)) : "yes")
                close(file)
            }
            guard let directory = fdopendir(dup(root)) else { return }
            defer { closedir(directory) }
            while let entry = readdir(directory) {
                answer.add(
                    "name",
                    withUnsafeBytes(of: entry.pointee.d_name) { name in
                        String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
                    })
            }
        }
    }

    /// What an executor itself must not be able to do.
    private func attempt(_ answer: inout ProbeMessage) {
        answer.add("socket", socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) < 0 ? "\(errno)" : "opened")
        var pid = pid_t()
        answer.add("spawn", "\(posix_spawn(&pid, "/bin/true", nil, nil, [nil], nil))")
    }
}
