import Foundation
import TestSupport
import Testing

/// An image whose step takes what it can get, and what ends it.
struct LimitAttack: Sendable {
    let name: String
    let dockerfile: String
    let limits: String
    let failureClass: String
    /// In the failure's message.
    let message: String

    /// Rungs on which a limit cannot be held, and why.
    static let exemptions: [(rung: String, name: String, reason: String)] = []

    static func all(for rung: String) -> [LimitAttack] {
        all.filter { attack in !exemptions.contains { $0.rung == rung && $0.name == attack.name } }
    }

    private static let all = [
        LimitAttack(
            name: "forks", dockerfile: "RUN bomb() { bomb | bomb & }; while :; do bomb; done",
            limits: "{pids: 60, timeout: 120s}", failureClass: "step", message: "can't fork"),
        LimitAttack(
            name: "threads-of-memory",
            // Each tail holds its input until the line ends. All that are left end by themselves.
            dockerfile: """
                RUN for i in 1 2 3 4 5 6 7 8; do { head -c 30000000 /dev/zero; sleep 3; } | tail >/dev/null & done; wait; exit 1
                """,
            limits: "{memory: 64MiB, timeout: 120s}", failureClass: "oom", message: "limits.memory"),
        LimitAttack(
            name: "one-block-of-memory", dockerfile: "RUN dd if=/dev/zero of=/dev/null bs=512M count=1",
            limits: "{memory: 64MiB, timeout: 120s}", failureClass: "*", message: "dd"),
        LimitAttack(
            name: "many-files",
            dockerfile: "RUN i=0; while :; do i=$((i+1)); head -c 1000000 /dev/zero >/file$i; done",
            limits: "{disk: 40MB, timeout: 120s}", failureClass: "step", message: "limits.disk"),
        LimitAttack(
            name: "one-file", dockerfile: "RUN while :; do head -c 1000000 /dev/zero; done >/file",
            limits: "{disk: 40MB, timeout: 120s}", failureClass: "step", message: "limits.disk"),
        LimitAttack(
            name: "empty-files", dockerfile: "RUN i=0; while :; do i=$((i+1)); : >/file$i; done",
            limits: "{disk: 1MB, timeout: 120s}", failureClass: "step", message: "limits.disk"),
        LimitAttack(
            name: "cache-mount",
            dockerfile: "RUN --mount=type=cache,target=/cache while :; do head -c 1000000 /dev/zero; done >/cache/file",
            limits: "{disk: 40MB, timeout: 120s}", failureClass: "step", message: "limits.disk"),
        LimitAttack(
            name: "output", dockerfile: "RUN yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            limits: "{disk: 10MB, timeout: 120s}", failureClass: "step", message: "limits.disk"),
        LimitAttack(
            name: "copies", dockerfile: "COPY large /large", limits: "{disk: 1MB}", failureClass: "step",
            message: "limits.disk"),
        LimitAttack(
            name: "steps-together",
            dockerfile: "RUN head -c 700000 /dev/zero >/a\nRUN head -c 700000 /dev/zero >/b", limits: "{disk: 1MB}",
            failureClass: "step", message: "limits.disk"),
        LimitAttack(
            name: "sleeps", dockerfile: "RUN sleep 100000", limits: "{idle: 2s}", failureClass: "timeout",
            message: "limits.idle"),
        LimitAttack(
            name: "talks-for-ever", dockerfile: "RUN while :; do echo again; sleep 1; done",
            limits: "{idle: 20s, timeout: 6s}",
            failureClass: "timeout", message: "limits.timeout"),
        LimitAttack(
            name: "is-deaf",
            dockerfile: """
                RUN trap '' TERM INT HUP; setsid sh -c 'trap "" TERM; while :; do sleep 1000; done' & \\
                    setsid setsid sleep 100000 & while :; do sleep 1000; done
                """,
            limits: "{timeout: 5s}", failureClass: "timeout", message: "limits.timeout"),
    ]
}

extension Workspace {
    /// A batch of the attack and an image after it, for a run in a container.
    func write(_ attack: LimitAttack) throws {
        try write("contexts/attack/Dockerfile", "FROM base:1\nENV PATH=/bin\n\(attack.dockerfile)\n")
        try write("contexts/attack/large", String(repeating: "0123456789abcdef", count: 100_000))
        try write("contexts/after/Dockerfile", "FROM base:1\nRUN echo after > /after\n")
        try write(
            "batch.yaml",
            """
            version: 1
            defaults: {outputs: []}
            images:
              base: {context: contexts/base, tags: ["1"]}
              attack: {context: contexts/attack, limits: \(attack.limits)}
              after: {context: contexts/after, needs: [base]}

            """)
    }

    /// The attack was ended by its limit, the other image is there. `result` is that of a run with `--json`.
    func check(_ result: Tool.Result, after attack: LimitAttack) throws {
        let images = try JSONDecoder().decode(RunDocument.self, from: Data(result.output.utf8)).images
        let error = try #require(images.first { $0.image == "attack" }?.error, "it was built")
        #expect(attack.failureClass == "*" || error.class == attack.failureClass, "\(error.message.suffix(2000))")
        #expect(error.message.contains(attack.message), "\(error.message.suffix(2000))")
        #expect(images.first { $0.image == "after" }?.status == "built", "\(result.errorOutput)")
    }
}
