import Jobs
import OCI

/// Events of a run, as the scheduler emits them. Times are seconds since the start of the run.
struct Batch {
    static let run = "01KAJ0000000000000000000R1"
    /// 2026-11-21 05:04:41 UTC.
    static let start = 1_795_237_481.0
    static let platform = Platform(os: "linux", architecture: "amd64")

    static func started(_ images: String..., slots: Int = 2) -> RunEvent {
        .started(RunStarted(run: run, manifest: "/w/batch.yaml", images: images, slots: slots, at: start))
    }

    static func began(_ image: String, attempt: Int = 1, at time: Double = 0) -> RunEvent {
        .imageStarted(
            ImageStarted(
                image: image, platform: platform, build: "B-\(image)", attempt: attempt, at: start + time,
                log: "logs/R1/\(image).log"))
    }

    static func executor(_ image: String, steps: Int) -> RunEvent {
        .image(name: image, .started(ExecutorStarted(isolation: "shifted", privateNetwork: .private, steps: steps)))
    }

    static func step(_ image: String, _ step: Int, _ instruction: String) -> RunEvent {
        .image(name: image, .stepStarted(StepStarted(step: step, stage: "base", instruction: instruction, line: step)))
    }

    static func output(_ image: String, _ step: Int, _ text: String) -> RunEvent {
        .image(name: image, .output(StepOutput(step: step, stream: .stdout, text: text)))
    }

    static func stepEnded(_ image: String, _ step: Int, _ instruction: String, seconds: Double?) -> RunEvent {
        var ended = StepEnded(
            step: step, stage: "base", instruction: instruction, cached: seconds == nil,
            milliseconds: (seconds ?? 0) * 1000)
        ended.missReason = seconds == nil ? nil : "changed: context"
        return .image(name: image, .stepEnded(ended))
    }

    static func outcome(
        _ image: String, _ status: BuildStatus = .built, seconds: Double? = 4.2, error: String? = nil
    ) -> ImageOutcome {
        var outcome = ImageOutcome(image: image, platform: platform, status: status)
        outcome.started = seconds.map { _ in start }
        outcome.ended = start + (seconds ?? 5)
        outcome.log = seconds.map { _ in "logs/R1/\(image).log" }
        outcome.error = error.map { text in
            JobFailure(class: .step, message: text, summary: text.split(separator: "\n").first.map(String.init) ?? "")
        }
        guard status.isSuccess else { return outcome }
        outcome.build = "B-\(image)"
        outcome.digest = Digest(of: image.utf8)
        (outcome.steps, outcome.cachedSteps, outcome.sizeInBytes) = (5, 2, 27_912_345)
        outcome.tags = ["registry.example.com/\(image):1"]
        return outcome
    }

    static func ended(_ outcomes: ImageOutcome...) -> RunEvent { .ended(summary(outcomes)) }

    static func summary(_ outcomes: [ImageOutcome], exitCode: Int = 0) -> RunSummary {
        RunSummary(
            run: run, manifest: "/w/batch.yaml", started: start, ended: start + 62.4, images: outcomes,
            exitCode: exitCode)
    }

    /// Two images at once, one fails, a third needs it.
    static let failing: [RunEvent] = [
        started("base", "app", "web"), began("base"), began("app", at: 1), executor("base", steps: 2),
        executor("app", steps: 3), step("base", 1, "COPY . /src"),
        stepEnded("base", 1, "COPY . /src", seconds: nil), step("app", 1, "RUN make all"),
        output("app", 1, "gcc -c a.c\r\n10%\r55%\r100%"), step("base", 2, "RUN true"),
        .image(name: "base", .warning(Warning(message: "$X is not set", line: 3))),
        stepEnded("base", 2, "RUN true", seconds: 0.04),
        output("app", 1, "\u{1B}]0;owned\u{7}a.c:1: \u{9B}31merror\tx"),
        .imageEnded(
            outcome("app", .failed, seconds: 3, error: "Dockerfile:2: RUN make all: exit status 2\n  \u{1B}[2Jboom")),
        .imageEnded(outcome("web", .blocked, seconds: nil, error: "it needs app, which was not built")),
        .warning(image: nil, message: "two\nlines"), .imageEnded(outcome("base")),
    ]
}
