import Foundation
import Sandbox
import SystemPackage
import TestSupport

/// What a step of the probe came to.
struct Outcome: Sendable {
    let fields: ProbeMessage

    var output: String { fields["output"] ?? "" }
    var lines: [String] { output.split(separator: "\n").map(String.init) }
    var code: Int? { fields["code"].flatMap(Int.init) }
    var signal: Int? { fields["signal"].flatMap(Int.init) }
    var error: String? { fields["error"] }
    var network: StepNetwork? { fields["network"].flatMap(StepNetwork.init) }
    var microseconds: Int { fields["microseconds"].flatMap(Double.init).map { Int($0) } ?? .max }
}

/// The probe, started as an executor, and what it is asked.
final class TestExecutor: Sendable {
    let process: ExecutorProcess
    let state: TestState

    init(_ state: TestState, limits: ResourceLimits = ResourceLimits()) throws {
        self.state = state
        process = try ExecutorProcess.spawn(
            executable: Self.probe, job: Array("{}".utf8), rung: TestRung.current, stateFolder: state.path,
            limits: limits)
    }

    /// Runs a shell text in a new upper directory over the base and waits for its end.
    func run(
        _ script: String, lowers: [FilePath]? = nil, upper: FilePath? = nil, network: StepNetwork = .none,
        fields: [(String, String)] = [], descriptors: [CInt] = []
    ) throws -> Outcome {
        try start(
            script, lowers: lowers, upper: upper, network: network, fields: fields, descriptors: descriptors)
        return try next()
    }

    func start(
        _ script: String, lowers: [FilePath]? = nil, upper: FilePath? = nil, network: StepNetwork = .none,
        fields: [(String, String)] = [], descriptors: [CInt] = []
    ) throws {
        try start(
            arguments: ["/bin/sh", "-c", script], lowers: lowers, upper: upper,
            fields: [("network", network.rawValue)] + fields, descriptors: descriptors)
    }

    func start(
        arguments: [String], lowers: [FilePath]? = nil, upper: FilePath? = nil, fields: [(String, String)] = [],
        descriptors: [CInt] = []
    ) throws {
        try state.giveToSteps()
        var request = ProbeMessage()
        request.add("command", "step")
        for lower in lowers ?? [state.base] { request.add("lower", lower.string) }
        request.add("upper", try (upper ?? state.makeFolder("upper")).string)
        if !fields.contains(where: { $0.0 == "work" }) { request.add("work", try state.makeFolder("work").string) }
        for argument in arguments { request.add("argument", argument) }
        if !fields.contains(where: { $0.0 == "variable" }) { request.add("variable", "PATH=/bin") }
        for (name, value) in fields { request.add(name, value) }
        try process.socket.send(request.bytes, descriptors: descriptors)
    }

    func ask(_ fields: [(String, String)]) throws -> ProbeMessage {
        var request = ProbeMessage()
        for (name, value) in fields { request.add(name, value) }
        try process.socket.send(request.bytes)
        return try next().fields
    }

    /// The next answer; steps that run at once answer in the order of their ends.
    func next() throws -> Outcome {
        guard let answer = try process.socket.receive() else { throw SandboxError.connectionClosed }
        return Outcome(fields: ProbeMessage(answer.bytes))
    }

    /// Beside the test bundle.
    static let probe: FilePath = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let own = FilePath(String(decoding: buffer[..<max(count, 0)].map { UInt8(bitPattern: $0) }, as: UTF8.self))
        return own.removingLastComponent().appending("SandboxProbe")
    }()
}
