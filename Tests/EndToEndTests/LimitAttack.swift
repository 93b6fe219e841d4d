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
